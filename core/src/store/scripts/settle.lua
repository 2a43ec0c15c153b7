-- Corrects what one decision took to what the call really cost.
--
-- KEYS: the mark of the last reset, the list of own limits, and a state for each policy.
-- ARGV: when the decision was made, "1" where a limit is the caller's own; then for each policy its kind (1 fixed window,
--       2 sliding window, 3 token bucket), its limit, its window in microseconds (of a sliding window a tenth of it), what
--       was charged, what it really cost, when the charge ends, and the time of the difference (microseconds, and a rest
--       over the limit).
-- Answers: 1.
local at, is_own = tonumber(ARGV[1]), ARGV[2] == '1'
local was_reset = at <= tonumber(call('GET', KEYS[1]) or -1)

local function foreign(key)
  return redis.error_reply('ERR a key of ours holds a value that is not ours: ' .. key)
end

-- A kind charges `policy.more`, and returns the millisecond at which Redis forgets the state, or gives `−policy.more`
-- back. Both return nil and an error where the value is not ours.

local FIXED = {}

local function save_counter(key, used, ends, till)
  local value = till > 0 and format('B%d %d %d', till, used, ends) or format('%d', used)
  call('SET', key, value, 'PXAT', math.max(ends, ceil(till / 1000)))
  return ends
end

function FIXED.charge(key, policy)
  local used, ends, till = read_counter(call('GET', key), key)
  if not used then return nil, foreign(key) end
  if ends == 0 then ends = fresh_end(policy.window) end
  return save_counter(key, math.min(MAX, used + policy.more), ends, till)
end

-- What is given back must have been taken in the window that there is. A count that was cut off stays.
function FIXED.refund(key, policy)
  local used, ends, till = read_counter(call('GET', key), key)
  if not used then return nil, foreign(key) end
  if math.min(ends * 1000, MAX) ~= policy.ends or used == MAX then return 0 end
  return save_counter(key, math.max(0, used + policy.more), ends, till)
end

local SLIDING = {}

function SLIDING.charge(key, policy)
  local state = read_counts(call('GET', key))
  if not state then return nil, foreign(key) end
  return charge_counts(key, state, policy.window, policy.more)
end

function SLIDING.refund(key, policy)
  local state = read_counts(call('GET', key))
  if not state then return nil, foreign(key) end
  local number, current = floor(at / policy.window), floor(now / policy.window)
  local place = number % 11 + 2
  if number < current - 10 or number > state[1] or number < state[1] - 10 or state[place] == MAX then return 0 end
  state[place] = math.max(0, state[place] + policy.more)
  return save_counts(key, state, policy.window)
end

local BUCKET = {}

function BUCKET.charge(key, policy)
  local micros, rest, till = read_arrival(call('GET', key))
  if not micros then return nil, foreign(key) end
  local charged, charged_rest = charged_arrival(micros, rest, policy)
  return save_arrival(key, charged, charged_rest, till)
end

function BUCKET.refund(key, policy)
  local micros, rest, till = read_arrival(call('GET', key))
  if not micros then return nil, foreign(key) end
  if micros >= MAX then return 0 end
  rest = rest - policy.step_rest
  if rest < 0 then micros, rest = micros - 1, rest + policy.limit end
  micros = micros - policy.step
  if micros >= now or till > now then return save_arrival(key, math.max(0, micros), rest, till) end
  call('DEL', key)
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
  call('SADD', KEYS[2], unpack(KEYS, 3))
  if call('PEXPIRETIME', KEYS[2]) < last_end then call('PEXPIREAT', KEYS[2], last_end) end
end
return 1
