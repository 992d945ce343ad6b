/* words_login.ts: what is said before anybody has logged in: it comes with the form, ahead of all other words. */
import { lang } from "./lang";

export const loginWords = {
	connecting: ["正在连接…", "Connecting…"],
	user: ["用户", "User"],
	password: ["密码", "Password"],
	login: ["登录", "Log in"],
	wallDisplay: ["值班大屏（只读，长期登录）", "Wall display (read only, stays logged in)"],
	tooLate: ["没有连接：命令没有发出", "No connection: nothing was sent"],
	sessionOver: ["登录已结束，请重新登录", "The session has ended: log in again"],
	loading: ["正在读取", "reading"],
	pageLate: ["这一页还没有取到，正在重试", "This page has not come yet: trying again"],
	reload: ["重新载入", "Load again"],
	renewed: ["主机已更新，有新的页面", "The box was updated: there is a newer page"],
} as const satisfies Record<string, readonly [string, string]>;

export function tl(word: keyof typeof loginWords): string {
	return loginWords[word][lang() === "zh" ? 0 : 1];
}
