-- Some members. Those whose time is over are taken out, a few at a time, and never listed.
-- ARGV: channel, cursor, about how many, most bytes, most removals.
-- The answer: the next cursor ("0" at the end), the number of the room's last change, then id and
-- "<session> <bytes of user> <user><data>" of each member.
local room = open_room(KEYS[2], KEYS[3], KEYS[4], ARGV[1])
local cursor, most, bytes = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = read_clock()
evict(room, tonumber(ARGV[5]), now)
close_room(room)
read_numbers(room)

-- A room that nobody remembers has no changes: they will be numbered from now on.
local page = { '0', whole(room.revision > 0 and room.revision or now_us) }

local function list(found)
  local cids = {}
  for i = 1, #found, 2 do
    cids[#cids + 1] = found[i]
  end
  if #cids == 0 then
    return
  end
  local scores = redis.call('ZMSCORE', room.expiry, unpack(cids))
  for i, cid in ipairs(cids) do
    if scores[i] and tonumber(scores[i]) > now then
      local held = found[2 * i]
      page[#page + 1] = cid
      page[#page + 1] = held
      bytes = bytes - #held
    end
  end
end

-- In small steps, since nobody knows how large the members are; a small hash comes at once whatever is asked.
local steps = 0
repeat
  local step = math.max(math.min(most - (#page - 2) / 2, 32), 1)
  local scan = redis.call('HSCAN', room.who, cursor, 'COUNT', step)
  cursor, steps = scan[1], steps + 1
  list(scan[2])
until cursor == '0' or #page - 2 >= 2 * most or bytes <= 0 or steps == 32
page[1] = cursor
return page
