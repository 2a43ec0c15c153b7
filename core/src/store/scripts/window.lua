-- Many decisions of one fixed window, two commands each.
--
-- KEYS: the counter of each decision.
-- ARGV: a time to use instead of Redis's (tests; else empty), ms that tests add to every TTL, the limit, the window in
--       ms, and a cost for each decision (none where all are 1).
-- Answers: the time in microseconds; then for each decision what is used (for a refusal −1 − used), the counter's TTL in
-- ms, and for how many microseconds the key is blocked yet. A decision that failed has the error in place of the first.
local frozen, shift, limit, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = frozen ~= '' and tonumber(frozen) or time[1] * 1000000 + time[2]
local reply = { now }

local function add(used, ttl, blocked)
  local at = #reply
  reply[at + 1], reply[at + 2], reply[at + 3] = used, ttl, blocked
end

-- A counter that is there has not ended, though less than a millisecond may be left.
local function left(ttl)
  return math.max(1, ttl - shift)
end

-- A blocked counter is a text, "B<until> <used> <end>": a counter that is none costs the others nothing.
local function blocked(key)
  local value = redis.pcall('GET', key)
  if type(value) ~= 'string' then return nil end
  local till, used, ends = string.match(value, '^B(%d+) (%d+) (%d+)$')
  return tonumber(till), tonumber(used), tonumber(ends)
end

-- What a counter holds that is not charged: for costs that are 0, or that never fit.
local function look(key)
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then return value end
  if value and not string.match(value, '^%d+$') then return { err = 'ERR value is not an integer or out of range' } end
  return tonumber(value or 0), redis.call('PTTL', key)
end

local function decide(key, cost)
  if cost == 0 or cost > limit then
    local used, ttl = look(key)
    if type(used) == 'table' then return used end
    add(cost == 0 and used or -1 - used, ttl < 0 and 0 or left(ttl), 0)
    return
  end
  local used = redis.pcall('INCRBY', key, cost)
  if type(used) == 'table' then return used end
  local ttl = redis.call('PTTL', key)
  if ttl < 0 then
    ttl = window + shift
    redis.call('PEXPIRE', key, ttl)
  end
  if used > limit then
    used = -1 - redis.call('DECRBY', key, cost)
  end
  add(used, left(ttl), 0)
end

for i = 1, #KEYS do
  local key, cost = KEYS[i], tonumber(ARGV[i + 4] or 1)
  local failure = decide(key, cost)
  if failure then
    local till, used, ends = blocked(key)
    if till and till > now then
      local more = math.max(0, ends - now)
      add(-1 - (more > 0 and used or 0), math.ceil(more / 1000), till - now)
      failure = nil
    elseif till then
      -- The block is over; the window may not be.
      if ends > now then
        redis.call('SET', key, string.format('%.0f', used), 'PX', math.ceil((ends - now) / 1000) + shift)
      else
        redis.call('DEL', key)
      end
      failure = decide(key, cost)
    end
  end
  if failure then add(failure.err, 0, 0) end
end
return reply
