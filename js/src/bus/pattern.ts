/** Says which topics a pattern is for: `*` is any text, everything else itself. */
export function topicMatcher(pattern: string): (topic: string) => boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return (topic) => topic === pattern;
  return (topic) => topic.startsWith(start) && matchesRest(topic, start.length, rest, end);
}

/** Each middle part is found as early as it can be, which leaves most for those that follow. */
function matchesRest(topic: string, from: number, middle: readonly string[], end: string): boolean {
  let at = from;
  for (const part of middle) {
    const found = topic.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return topic.length - end.length >= at && topic.endsWith(end);
}
