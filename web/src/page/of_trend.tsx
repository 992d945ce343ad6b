/* of_trend.tsx: the plot, fetched by itself: the library that draws it is as large as all pages together. */
import "../frame"; // it is there first: what both need is in its file

export { Trend } from "../part/trend";
