/* of_wall.tsx: the wall, which is fetched by itself: a display has no use for the rest. */
import "../frame"; // it is there first: what both need is in its file
import { Wall } from "./wall";

export const View = Wall;
