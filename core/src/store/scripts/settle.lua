-- Corrects what one decision took to what the call really cost.
--
-- KEYS: the mark of the last reset, the list of own limits, and a state for each policy.
-- ARGV: a time to use instead of Redis's (tests; else empty), ms that tests add to every TTL, when the decision
--       was made, "1" where a limit is the caller's own; then for each policy its kind (1 fixed window, 2 sliding window,
--       3 token bucket), its limit, its window (fixed: ms; sliding: microseconds of a tenth), what was charged, what it
--       really cost, when the charge ends, and the time of the difference (microseconds, and a rest over the limit).
-- Answers: 1.
local MAX = 9007199254740991
local frozen, shift, at, is_own = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local time = redis.call('TIME')
local now = frozen ~= '' and tonumber(frozen) or time[1] * 1000000 + time[2]
-- A TTL is exact to a millisecond, at both ends. (In tests, real time passes beside theirs.)
local SAME_END = shift > 0 and 1000000 or 2000
local was_reset = at <= tonumber(redis.call('GET', KEYS[1]) or -1)

local function whole(number)
  return string.format('%.0f', number)
end

local function save(key, text, ttl_micros)
  local ttl = math.max(1, math.ceil(ttl_micros / 1000))
  redis.call('SET', key, text, 'PX', whole(ttl + shift))
  return ttl
end

-- A blocked counter ("B<till> <used> <end>", see window.lua) keeps its place, with another count.
local function recount(key, value, by, window)
  local till, used, ends = string.match(value, '^B(%d+) (%d+) (%d+)$')
  if not till then return redis.error_reply('ERR a key of ours holds a value that is not ours: ' .. key) end
  till, used, ends = tonumber(till), tonumber(used), tonumber(ends)
  if ends <= now then
    if by < 0 then return end
    used, ends = 0, now + window * 1000
  end
  used = math.max(0, math.min(MAX, used + by))
  save(key, 'B' .. whole(till) .. ' ' .. whole(used) .. ' ' .. whole(ends), math.max(till, ends) - now)
end

-- When the window of a counter ends; the TTL of Redis is exact to a millisecond.
local function ends_at(key, value)
  local marked = string.match(value, '^B%d+ %d+ (%d+)$')
  return marked and tonumber(marked) or now + (redis.call('PTTL', key) - shift) * 1000
end

local FIXED = {
  charge = function(key, policy)
    local value = redis.call('GET', key)
    if value and not string.match(value, '^%d+$') then
      return recount(key, value, policy.more, policy.window), 0
    end
    if tonumber(value or 0) + policy.more >= MAX then
      redis.call('SET', key, whole(MAX), 'KEEPTTL')
    else
      redis.call('INCRBY', key, whole(policy.more))
    end
    local ttl = redis.call('PTTL', key)
    if ttl < 0 then
      ttl = policy.window
      redis.call('PEXPIRE', key, ttl + shift)
    end
    return nil, ttl
  end,
  refund = function(key, policy)
    local value = redis.call('GET', key)
    if not value or math.abs(ends_at(key, value) - policy.ends) > SAME_END then return end
    if not string.match(value, '^%d+$') then return recount(key, value, policy.more, policy.window) end
    local used = tonumber(value)
    if used < MAX then redis.call('DECRBY', key, whole(math.min(used, -policy.more))) end
  end,
}

local function read_counts(key)
  local state = {}
  for number in string.gmatch(redis.call('GET', key) or '0 0 0 0 0 0 0 0 0 0 0 0', '%d+') do
    state[#state + 1] = tonumber(number)
  end
  return state
end

local function save_counts(key, state, tenth)
  local texts = {}
  for i = 1, 12 do texts[i] = whole(state[i]) end
  return save(key, table.concat(texts, ' '), (state[1] + 11) * tenth - now)
end

local SLIDING = {
  charge = function(key, policy)
    local state, current = read_counts(key), math.floor(now / policy.window)
    for passed = math.max(state[1] + 1, current - 10), current do state[passed % 11 + 2] = 0 end
    state[1] = math.max(state[1], current)
    local slot = state[1] % 11 + 2
    state[slot] = math.min(MAX, state[slot] + policy.more)
    return nil, save_counts(key, state, policy.window)
  end,
  refund = function(key, policy)
    local state = read_counts(key)
    local number, current = math.floor(at / policy.window), math.floor(now / policy.window)
    if number < current - 10 or number > state[1] or number < state[1] - 10 then return end
    local slot = number % 11 + 2
    if state[slot] == MAX then return end
    state[slot] = math.max(0, state[slot] + policy.more)
    save_counts(key, state, policy.window)
  end,
}

local function read_arrival(key)
  local micros, rest = string.match(redis.call('GET', key) or '0 0', '^(%d+) (%d+)$')
  return tonumber(micros), tonumber(rest)
end

local BUCKET = {
  charge = function(key, policy)
    local micros, rest = read_arrival(key)
    if micros < now then micros, rest = now, 0 end
    local carry = 0
    if rest >= policy.limit - policy.step_rest then
      rest, carry = rest - (policy.limit - policy.step_rest), 1
    else
      rest = rest + policy.step_rest
    end
    micros = micros + policy.step + carry
    if micros >= MAX then micros, rest = MAX, 0 end
    return nil, save(key, whole(micros) .. ' ' .. whole(rest), micros + 1 - now)
  end,
  refund = function(key, policy)
    local micros, rest = read_arrival(key)
    if micros >= MAX then return end
    local borrow = 0
    if rest >= policy.step_rest then
      rest = rest - policy.step_rest
    else
      rest, borrow = rest + (policy.limit - policy.step_rest), 1
    end
    micros = micros - policy.step - borrow
    if micros < now then
      redis.call('DEL', key)
    else
      save(key, whole(micros) .. ' ' .. whole(rest), micros + 1 - now)
    end
  end,
}

local KINDS = { FIXED, SLIDING, BUCKET }

local longest = 0
for i = 3, #KEYS do
  local first = 4 + (i - 3) * 8
  local charged, actual = tonumber(ARGV[first + 4]), tonumber(ARGV[first + 5])
  local kind = KINDS[tonumber(ARGV[first + 1])]
  local policy = {
    limit = tonumber(ARGV[first + 2]), window = tonumber(ARGV[first + 3]), more = actual - charged,
    ends = tonumber(ARGV[first + 6]), step = tonumber(ARGV[first + 7]), step_rest = tonumber(ARGV[first + 8]),
  }
  local failure
  if policy.more > 0 then
    local ttl
    failure, ttl = kind.charge(KEYS[i], policy)
    longest = math.max(longest, ttl)
  elseif policy.more < 0 and not was_reset and (kind == FIXED or now < policy.ends) then
    -- A counter that is there and has the same end has not ended: nothing else is known to the microsecond.
    failure = kind.refund(KEYS[i], policy)
  end
  if failure then return failure end
end
if is_own and longest > 0 then
  redis.call('SADD', KEYS[2], unpack(KEYS, 3))
  longest = longest + shift
  if redis.call('PTTL', KEYS[2]) < longest then redis.call('PEXPIRE', KEYS[2], whole(longest)) end
end
return 1
