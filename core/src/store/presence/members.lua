-- Some members. Those whose time is over are taken out, a few hundred at a time, and never listed.
-- ARGV: channel, cursor, about how many, most removals, frozen time.
-- The answer: the next cursor ("0" at the end), the number of the room's last change, then id and
-- "<session> <bytes of user> <user><data>" of each member.
local room = open_room(KEYS[2], KEYS[3], KEYS[4], ARGV[1])
local now = read_clock(ARGV[5])
evict(room, ARGV[4], now)
close_room(room)

local scan = redis.call('HSCAN', room.who, ARGV[2], 'COUNT', ARGV[3])
-- A room that nobody remembers has no changes: they will be numbered from now on.
read_numbers(room)
local page = { scan[1], whole(room.revision > 0 and room.revision or now_us) }
local cids = {}
for i = 1, #scan[2], 2 do
  cids[#cids + 1] = scan[2][i]
end
if #cids > 0 then
  local scores = redis.call('ZMSCORE', room.expiry, unpack(cids))
  for i, score in ipairs(scores) do
    if score and tonumber(score) > now then
      page[#page + 1] = cids[i]
      page[#page + 1] = scan[2][2 * i]
    end
  end
end
return page
