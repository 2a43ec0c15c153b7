/** The most of these ascending times, in milliseconds, that lie within any 1,000 ms, the end not included. */
export function mostInSecond(times) {
  let most = 0;
  let first = 0;
  for (let i = 0; i < times.length; i++) {
    while (times[i] - times[first] >= 1_000) first++;
    most = Math.max(most, i - first + 1);
  }
  return most;
}
