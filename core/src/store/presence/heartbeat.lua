-- Vouches for members of several rooms. When to look for expired ones is left as it is: somebody who looks too early
-- finds out, and that is cheaper than to move the room here.
-- ARGV: ttl (ms), then for each room how many members, and their ids and sessions.
-- The answer has two numbers for each member that is not this session's: which one of the call, and its standing.
local now = read_clock()
local expiry = whole(now + ARGV[1])
local lost, at, counted = {}, 2, 0

-- Who looks after a member at this moment; nil for nobody.
local function keeper(held, score)
  if held and score and tonumber(score) > now then
    return string.sub(held, 1, string.find(held, ' ', 1, true) - 1)
  end
end

local function lose(i, answer)
  lost[#lost + 1] = counted + i - 1
  lost[#lost + 1] = answer
end

-- Most rooms have one member of this process: without lists, that takes half the time.
local function vouch_for_one(expiries, who)
  local cid, session = ARGV[at + 1], ARGV[at + 2]
  local answer = standing(keeper(redis.call('HGET', who, cid), redis.call('ZSCORE', expiries, cid)), session)
  if answer == HELD then
    redis.call('ZADD', expiries, expiry, cid)
  else
    lose(1, answer)
  end
end

local function vouch(expiries, who, count)
  local cids = {}
  for i = 1, count do
    cids[i] = ARGV[at + 2 * i - 1]
  end
  local held = redis.call('HMGET', who, unpack(cids))
  -- Only where somebody's time is over it matters whose.
  local over = redis.call('ZCOUNT', expiries, '-inf', whole(now)) > 0
  local scores = over and redis.call('ZMSCORE', expiries, unpack(cids))
  local prolonged = {}
  for i = 1, count do
    local answer = standing(keeper(held[i], scores == false and expiry or scores[i]), ARGV[at + 2 * i])
    if answer == HELD then
      prolonged[#prolonged + 1] = expiry
      prolonged[#prolonged + 1] = cids[i]
    else
      lose(i, answer)
    end
  end
  if #prolonged > 0 then
    redis.call('ZADD', expiries, unpack(prolonged))
  end
end

for key = 2, #KEYS, 3 do
  local count = tonumber(ARGV[at])
  if count == 1 then
    vouch_for_one(KEYS[key], KEYS[key + 1])
  else
    vouch(KEYS[key], KEYS[key + 1], count)
  end
  at, counted = at + 1 + 2 * count, counted + count
end
return lost
