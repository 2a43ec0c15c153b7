-- Vouches for members of several rooms. When to look for expired ones is left as it is: somebody who looks too early
-- finds out, and that is cheaper than to move the room here.
-- ARGV: ttl (ms), frozen time, then for each room how many members, and their ids and sessions.
-- The answer has two numbers for each member that is not this session's: which one of the call, and its standing.
local now = read_clock(ARGV[2])
local expiry = whole(now + ARGV[1])
local lost, at, counted = {}, 3, 0

local function vouch(expiries, who, count)
  local cids, sessions = {}, {}
  for i = 1, count do
    cids[i], sessions[i] = ARGV[at + 2 * i - 1], ARGV[at + 2 * i]
  end
  local held = redis.call('HMGET', who, unpack(cids))
  local scores = redis.call('ZMSCORE', expiries, unpack(cids))
  local prolonged = {}
  for i, cid in ipairs(cids) do
    local live = held[i] and scores[i] and tonumber(scores[i]) > now
    local answer = live and standing(string.match(held[i], '^%S+'), sessions[i]) or GONE
    if answer == HELD then
      prolonged[#prolonged + 1] = expiry
      prolonged[#prolonged + 1] = cid
    else
      lost[#lost + 1] = counted + i - 1
      lost[#lost + 1] = answer
    end
  end
  if #prolonged > 0 then
    redis.call('ZADD', expiries, unpack(prolonged))
  end
end

for key = 2, #KEYS, 3 do
  local count = tonumber(ARGV[at])
  vouch(KEYS[key], KEYS[key + 1], count)
  at, counted = at + 1 + 2 * count, counted + count
end
return lost
