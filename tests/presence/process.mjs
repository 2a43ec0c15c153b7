// A process of its own that has presence, and does what its parent tells it, a line of JSON each. What happens is told
// back the same way. With SHIFT, its clocks are so many ms off: Date, and performance.
const shift = Number(process.env.SHIFT ?? 0);
if (shift !== 0) {
  const now = performance.now.bind(performance);
  performance.now = () => now() + shift;
  const dateNow = Date.now;
  Date.now = () => dateNow() + shift;
}
const { createPresence } = await import("../../dist/esm/index.js");
const presence = createPresence({ redis: process.env.REDIS_URL, ...JSON.parse(process.env.OPTIONS ?? "{}") });
const places = new Map();
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

const COMMANDS = {
  async join({ room, id, user, data }) {
    places.set(`${room} ${id}`, await presence.join(room, { id, user, data }));
  },
  async joinMany({ room, prefix, count }) {
    const ids = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
    await Promise.all(ids.map((id) => COMMANDS.join({ room, id })));
  },
  async update({ room, id, data }) {
    await places.get(`${room} ${id}`).update(data);
  },
  async leave({ room, id }) {
    await places.get(`${room} ${id}`).leave();
  },
  async members({ room }) {
    return (await presence.members(room, { limit: 100_000 })).members;
  },
  count: ({ room }) => presence.count(room),
  has: ({ room, id }) => presence.has(room, id),
  async listen() {
    for (const event of ["join", "update", "leave", "user-join", "user-leave"]) {
      presence.on(event, ({ room, member, reason }) =>
        tell({ event, room, id: member.id, reason, at: Date.now() - shift }),
      );
    }
    // A join waits until events are heard.
    await (await presence.join("is listening", {})).leave();
  },
  close: () => presence.close(),
};

let text = "";
process.stdin.on("data", (bytes) => {
  text += bytes;
  const lines = text.split("\n");
  text = lines.pop();
  for (const line of lines) void obey(JSON.parse(line));
});
process.stdin.on("end", () => process.exit());

async function obey({ number, name, ...args }) {
  try {
    tell({ number, answer: (await COMMANDS[name](args)) ?? null });
  } catch (error) {
    tell({ number, error: error.code ?? String(error) });
  }
}
tell({ ready: true });
