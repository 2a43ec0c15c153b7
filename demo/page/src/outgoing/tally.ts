// The numbers above the chart.
import type { PacerStats } from "tollgate";
import { element, setText } from "../page.js";
import { microsNow, type Starts } from "./starts.js";

/** Shows how a pacer stands, and what the page itself has counted. */
export function showTally({ waiting, running }: PacerStats, starts: Starts): void {
  const tell = (id: string, count: number) => setText(element(`tally-${id}`, HTMLElement), count.toLocaleString("en"));
  tell("waiting", waiting);
  tell("running", running);
  tell("started", starts.inSecondBefore(microsNow()));
  tell("most", starts.most);
}
