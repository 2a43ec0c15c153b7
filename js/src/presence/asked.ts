import { optionError } from "../errors.js";
import { checkOptions } from "../validate.js";
import { madeUpId } from "./made-up.js";
import { checkedText, dataAsJson } from "./text.js";

const PAGE = 1000;

/** Which members of a room are asked for. */
export interface Page {
  cursor?: string;
  limit?: number;
}

/** A member to be, checked; the engine checks how long its texts are. */
export function checkMember(room: unknown, member: unknown): { id: string; user: string | undefined; data: string } {
  checkedText("CONFIG_ROOM", "room", room);
  checkOptions("member", member, ["id", "user", "data"]);
  return {
    id: member.id === undefined ? madeUpId() : checkedText("CONFIG_ID", "id", member.id),
    user: member.user === undefined ? undefined : checkedText("CONFIG_USER", "user", member.user),
    data: dataAsJson(member.data),
  };
}

/** Which page is asked for; `""` is the cursor of the first one, others look like `cursors`. */
export function checkPage(room: unknown, page: Page, cursors = /^/): Required<Page> {
  checkedText("CONFIG_ROOM", "room", room);
  checkOptions("page", page as unknown, ["cursor", "limit"]);
  const { cursor = "", limit = PAGE } = page;
  if (typeof cursor !== "string" || (cursor !== "" && !cursors.test(cursor))) {
    throw optionError("CONFIG_CURSOR", "cursor", cursor, "one that `members` gave");
  }
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw optionError("CONFIG_PAGE_LIMIT", "limit", limit, "a whole number from 1");
  }
  return { cursor, limit };
}
