-- Many decisions of one fixed window, two commands each.
--
-- KEYS: the counter of each decision.
-- ARGV: the limit, the window in microseconds, and a cost for each decision; no costs where all are 1.
-- Answers: the time in microseconds; then for each decision what is used (for a refusal −1 − used), the millisecond at
-- which the window ends (0 where there is none), and for how many microseconds the key is blocked yet. A decision that
-- failed has the error in place of the first.
local MAX = 9007199254740991
local limit, span = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = math.min(time[1] * 1000000 + time[2], MAX - 1)
-- Redis ends keys with a millisecond: rounded up, so that no window is too short.
local fresh_end = math.ceil(math.min(now + span, MAX) / 1000)
local reply, size = { now }, 1

local function add(used, ends, blocked)
  reply[size + 1], reply[size + 2], reply[size + 3] = used, ends, blocked
  size = size + 3
end

-- What a counter holds that is not charged: for costs that are 0, or that never fit.
local function look(key)
  local value = redis.pcall('GET', key)
  if not value then return 0, 0 end
  if type(value) == 'table' then return value end
  if not string.find(value, '^%d+$') then return { err = 'ERR value is not an integer or out of range' } end
  local ends = redis.call('PEXPIRETIME', key)
  if ends * 1000 <= now then return 0, 0 end
  return tonumber(value), ends
end

-- Answers the decision, or returns why it failed.
local function decide(key, cost)
  local amount = tonumber(cost)
  if amount == 0 or amount > limit then
    local used, ends = look(key)
    if type(used) == 'table' then return used end
    return add(amount == 0 and used or -1 - used, ends, 0)
  end
  local used = redis.pcall('INCRBY', key, cost)
  if type(used) == 'table' then return used end
  local ends
  if used == amount and redis.call('PEXPIREAT', key, fresh_end, 'NX') == 1 then
    ends = fresh_end
  else
    ends = redis.call('PEXPIRETIME', key)
    if ends * 1000 <= now then
      -- Redis keeps a key throughout the millisecond in which it ends.
      used, ends = amount, fresh_end
      redis.call('SET', key, cost, 'PXAT', ends)
    end
  end
  if used > limit then used = -1 - redis.call('DECRBY', key, cost) end
  add(used, ends, 0)
end

-- A blocked counter is a text, "B<until> <used> <end in ms>", which INCRBY refuses: so blocks cost the others nothing.
local function decide_blocked(key, cost, failure)
  local value = redis.pcall('GET', key)
  local till, used, ends = string.match(type(value) == 'string' and value or '', '^B(%d+) (%d+) (%d+)$')
  if not till then return failure end
  till, ends = tonumber(till), tonumber(ends)
  if ends * 1000 <= now then used, ends = '0', 0 end
  if till > now then return add(-1 - tonumber(used), ends, till - now) end
  -- The block is over; the window may not be.
  if ends > 0 then
    redis.call('SET', key, used, 'PXAT', ends)
  else
    redis.call('DEL', key)
  end
  return decide(key, cost)
end

for i = 1, #KEYS do
  local key, cost = KEYS[i], ARGV[i + 2] or '1'
  local failure = decide(key, cost)
  if failure then failure = decide_blocked(key, cost, failure) end
  if failure then add(failure.err, 0, 0) end
end
return reply
