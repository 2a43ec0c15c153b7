-- Corrects what one decision took to what the call really cost.
--
-- KEYS: the mark of the last reset, the list of own limits, and a state for each policy.
-- ARGV: when the decision was made, "1" where a limit is the caller's own; then for each policy its kind (1 fixed window,
--       2 sliding window, 3 token bucket), its limit, its window in microseconds (of a sliding window a tenth of it), what
--       was charged, what it really cost, when the charge ends, and the time of the difference (microseconds, and a rest
--       over the limit).
-- Answers: 1.
local MAX = 9007199254740991
local at, is_own = tonumber(ARGV[1]), ARGV[2] == '1'
local time = redis.call('TIME')
local now = math.min(time[1] * 1000000 + time[2], MAX - 1)
local was_reset = at <= tonumber(redis.call('GET', KEYS[1]) or -1)

local function foreign(key)
  return redis.error_reply('ERR a key of ours holds a value that is not ours: ' .. key)
end

-- A kind charges `policy.more`, and returns the millisecond at which Redis forgets the state, or gives `−policy.more`
-- back. Both return nil and an error where the value is not ours.

local FIXED = {}

-- What was used, the millisecond of the window's end (0: there is none), and until when a counter is blocked (see
-- window.lua; 0: it is not).
local function read_counter(key)
  local value = redis.call('GET', key)
  if not value then return 0, 0, 0 end
  local till, used, ends = 0, string.match(value, '^%d+$'), nil
  if used then
    ends = redis.call('PEXPIRETIME', key)
  else
    till, used, ends = string.match(value, '^B(%d+) (%d+) (%d+)$')
    if not till then return nil, foreign(key) end
    till, ends = tonumber(till), tonumber(ends)
  end
  if ends * 1000 <= now then return 0, 0, till end
  return tonumber(used), ends, till
end

local function save_counter(key, used, ends, till)
  local value = string.format('%.0f', used)
  if till > 0 then value = string.format('B%.0f %.0f %.0f', till, used, ends) end
  redis.call('SET', key, value, 'PXAT', math.max(ends, math.ceil(till / 1000)))
  return ends
end

function FIXED.charge(key, policy)
  local used, ends, till = read_counter(key)
  if not used then return nil, ends end
  if ends == 0 then ends = math.ceil(math.min(now + policy.window, MAX) / 1000) end
  return save_counter(key, math.min(MAX, used + policy.more), ends, till)
end

-- What is given back must have been taken in the window that there is. A count that was cut off stays.
function FIXED.refund(key, policy)
  local used, ends, till = read_counter(key)
  if not used then return nil, ends end
  if math.min(ends * 1000, MAX) ~= policy.ends or used == MAX then return 0 end
  return save_counter(key, math.max(0, used + policy.more), ends, till)
end

-- The number of the newest tenth, and eleven counts, see decide.lua.
local SLIDING = {}

local function read_counts(key)
  local state = {}
  for number in string.gmatch(redis.call('GET', key) or '0 0 0 0 0 0 0 0 0 0 0 0', '%d+') do
    state[#state + 1] = tonumber(number)
  end
  if #state ~= 12 then return nil, foreign(key) end
  return state
end

local function save_counts(key, state, tenth)
  local texts = {}
  for i = 1, 12 do texts[i] = string.format('%.0f', state[i]) end
  local ends = math.ceil((state[1] + 11) * tenth / 1000)
  redis.call('SET', key, table.concat(texts, ' '), 'PXAT', ends)
  return ends
end

function SLIDING.charge(key, policy)
  local state, failure = read_counts(key)
  if not state then return nil, failure end
  local current = math.floor(now / policy.window)
  for passed = math.max(state[1] + 1, current - 10), current do state[passed % 11 + 2] = 0 end
  state[1] = math.max(state[1], current)
  local place = state[1] % 11 + 2
  state[place] = math.min(MAX, state[place] + policy.more)
  return save_counts(key, state, policy.window)
end

function SLIDING.refund(key, policy)
  local state, failure = read_counts(key)
  if not state then return nil, failure end
  local number, current = math.floor(at / policy.window), math.floor(now / policy.window)
  local place = number % 11 + 2
  if number < current - 10 or number > state[1] or number < state[1] - 10 or state[place] == MAX then return 0 end
  state[place] = math.max(0, state[place] + policy.more)
  return save_counts(key, state, policy.window)
end

-- When the bucket is full: microseconds, and a rest over the limit.
local BUCKET = {}

local function read_arrival(key)
  local micros, rest = string.match(redis.call('GET', key) or '0 0', '^(%d+) (%d+)$')
  if not micros then return nil, foreign(key) end
  return tonumber(micros), tonumber(rest)
end

local function save_arrival(key, micros, rest)
  if micros >= MAX then micros, rest = MAX, 0 end
  local ends = math.ceil((micros + 1) / 1000)
  redis.call('SET', key, string.format('%.0f %.0f', micros, rest), 'PXAT', ends)
  return ends
end

function BUCKET.charge(key, policy)
  local micros, rest = read_arrival(key)
  if not micros then return nil, rest end
  if micros < now then micros, rest = now, 0 end
  rest = rest - policy.limit + policy.step_rest
  if rest >= 0 then micros = micros + 1 else rest = rest + policy.limit end
  return save_arrival(key, micros + policy.step, rest)
end

function BUCKET.refund(key, policy)
  local micros, rest = read_arrival(key)
  if not micros then return nil, rest end
  if micros >= MAX then return 0 end
  rest = rest - policy.step_rest
  if rest < 0 then micros, rest = micros - 1, rest + policy.limit end
  micros = micros - policy.step
  if micros >= now then return save_arrival(key, micros, rest) end
  redis.call('DEL', key)
  return 0
end

local KINDS = { FIXED, SLIDING, BUCKET }

local last_end = 0
for i = 3, #KEYS do
  local first = 2 + (i - 3) * 8
  local charged, actual = tonumber(ARGV[first + 4]), tonumber(ARGV[first + 5])
  local kind = KINDS[tonumber(ARGV[first + 1])]
  local policy = {
    limit = tonumber(ARGV[first + 2]), window = tonumber(ARGV[first + 3]), more = actual - charged,
    ends = tonumber(ARGV[first + 6]), step = tonumber(ARGV[first + 7]), step_rest = tonumber(ARGV[first + 8]),
  }
  local ends, failure = 0, nil
  if policy.more > 0 then
    ends, failure = kind.charge(KEYS[i], policy)
  elseif policy.more < 0 and now < policy.ends and not was_reset then
    ends, failure = kind.refund(KEYS[i], policy)
  end
  if failure then return failure end
  last_end = math.max(last_end, ends)
end
if is_own and last_end > 0 then
  redis.call('SADD', KEYS[2], unpack(KEYS, 3))
  if redis.call('PEXPIRETIME', KEYS[2]) < last_end then redis.call('PEXPIREAT', KEYS[2], last_end) end
end
return 1
