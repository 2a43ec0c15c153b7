-- Decisions under any policies: all of them allow and are charged, or nothing changes.
--
-- KEYS: for each decision its block, its list of own limits, and a state for each policy.
-- ARGV: a time to use instead of Redis's (tests; else empty), ms that tests add to every TTL, the number of
--       policies; nine numbers for each policy: its kind (1 fixed window, 2 sliding window, 3 token bucket), its
--       limit, its window (fixed: ms; sliding: microseconds of a tenth), the most that can ever fit, the time of a cost
--       of 1 and the time in which an empty bucket fills (each: microseconds, and a rest over the limit), and
--       microseconds to block for; then a text for each decision. That is empty for a cost of 1, or says what differs:
--       "c" to charge or "p" to peek, "1" where a limit is the caller's own, and for each policy the cost, the limit, the
--       most that can fit, and the two times.
-- Answers: the time in microseconds; then for each decision whether it is allowed, for how many microseconds the key is
-- blocked, by which policy (from 1; 0 by hand), and the states, charged where it is allowed: fixed: used and TTL in ms;
-- sliding: the newest tenth and eleven counts; token bucket: when it is full, and a rest. A decision that failed has the
-- error in place of the first.
local MAX = 9007199254740991
local frozen, shift, policies = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = frozen ~= '' and tonumber(frozen) or time[1] * 1000000 + time[2]
local reply = { now }

local function whole(number)
  return string.format('%.0f', number)
end

-- Two times over a limit; saturates at the end of time.
local function plus(micros, rest, more, more_rest, limit)
  local carry = 0
  if rest >= limit - more_rest then
    rest, carry = rest - (limit - more_rest), 1
  else
    rest = rest + more_rest
  end
  micros = micros + more + carry
  if micros >= MAX then return MAX, 0 end
  return micros, rest
end

local FIXED = {
  width = 2,
  read = function(value, key)
    local used = string.match(value or '0', '^%d+$')
    if used then
      local ttl = value and redis.call('PTTL', key) or -1
      -- A counter that is there has not ended, though less than a millisecond may be left.
      return { tonumber(used), ttl < 0 and 0 or math.max(1, ttl - shift), absent = ttl < 0 }
    end
    -- A blocked counter, see window.lua.
    local counted, ends = string.match(value, '^B%d+ (%d+) (%d+)$')
    if not counted then return nil end
    local left = math.max(0, tonumber(ends) - now)
    return { left > 0 and tonumber(counted) or 0, math.ceil(left / 1000), absent = true }
  end,
  fits = function(state, policy)
    return policy.cost <= policy.limit and state[1] + policy.cost <= policy.limit
  end,
  charge = function(state, policy, key)
    redis.call('INCRBY', key, whole(policy.cost))
    state[1] = state[1] + policy.cost
    if state.absent then
      state[2] = policy.window
      redis.call('PEXPIRE', key, state[2] + shift)
    end
    return state[2]
  end,
}

local SLIDING = {
  width = 12,
  read = function(value)
    local state = {}
    for number in string.gmatch(value or '', '%d+') do state[#state + 1] = tonumber(number) end
    if not value then return { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } end
    return #state == 12 and state or nil
  end,
  fits = function(state, policy)
    local newest, used = state[1], 0
    for number = math.max(0, math.floor(now / policy.window) - 10), newest do
      if number > newest - 11 then used = used + state[number % 11 + 2] end
    end
    return policy.cost <= policy.limit and used <= policy.limit - policy.cost
  end,
  charge = function(state, policy, key)
    local current = math.floor(now / policy.window)
    for passed = math.max(state[1] + 1, current - 10), current do state[passed % 11 + 2] = 0 end
    state[1] = math.max(state[1], current)
    local at = state[1] % 11 + 2
    state[at] = math.min(MAX, state[at] + policy.cost)
    local texts = {}
    for i = 1, 12 do texts[i] = whole(state[i]) end
    local ttl = math.max(1, math.ceil(((state[1] + 11) * policy.window - now) / 1000))
    redis.call('SET', key, table.concat(texts, ' '), 'PX', whole(ttl + shift))
    return ttl
  end,
}

local BUCKET = {
  width = 2,
  read = function(value)
    if not value then return { 0, 0 } end
    local micros, rest = string.match(value, '^(%d+) (%d+)$')
    return micros and { tonumber(micros), tonumber(rest) } or nil
  end,
  charged = function(state, policy)
    local micros, rest = state[1], state[2]
    if micros < now then micros, rest = now, 0 end
    return plus(micros, rest, policy.step, policy.step_rest, policy.limit)
  end,
}
BUCKET.fits = function(state, policy)
  local micros, rest = BUCKET.charged(state, policy)
  local latest, latest_rest = plus(policy.fill, policy.fill_rest, now, 0, policy.limit)
  return policy.cost <= policy.most and micros < MAX
    and (micros < latest or (micros == latest and rest <= latest_rest))
end
BUCKET.charge = function(state, policy, key)
  state[1], state[2] = BUCKET.charged(state, policy)
  local ttl = math.max(1, math.ceil((state[1] + 1 - now) / 1000))
  redis.call('SET', key, whole(state[1]) .. ' ' .. whole(state[2]), 'PX', whole(ttl + shift))
  return ttl
end

local KINDS = { FIXED, SLIDING, BUCKET }

local usual = {}
for i = 1, policies do
  local at = i * 9 - 6
  usual[i] = {
    kind = KINDS[tonumber(ARGV[at + 1])], cost = 1, limit = tonumber(ARGV[at + 2]), window = tonumber(ARGV[at + 3]),
    most = tonumber(ARGV[at + 4]), step = tonumber(ARGV[at + 5]), step_rest = tonumber(ARGV[at + 6]),
    fill = tonumber(ARGV[at + 7]), fill_rest = tonumber(ARGV[at + 8]), block_for = tonumber(ARGV[at + 9]),
  }
end

-- What a decision asks: whether it charges, whether a limit is its own, and its policies.
local function asked(text)
  if text == '' then return true, false, usual end
  local words = {}
  for word in string.gmatch(text, '%S+') do words[#words + 1] = word end
  local all = {}
  for i = 1, policies do
    local at = i * 7 - 5
    all[i] = {
      kind = usual[i].kind, window = usual[i].window, block_for = usual[i].block_for,
      cost = tonumber(words[at + 1]), limit = tonumber(words[at + 2]), most = tonumber(words[at + 3]),
      step = tonumber(words[at + 4]), step_rest = tonumber(words[at + 5]),
      fill = tonumber(words[at + 6]), fill_rest = tonumber(words[at + 7]),
    }
  end
  return words[1] == 'c', words[2] == '1', all
end

-- All states of a decision; nil where one is none of ours.
local function read(keys, values, all)
  local states = {}
  for i = 1, policies do
    local key, value = keys[i], values[i + 1]
    if not value and redis.call('EXISTS', key) == 1 then
      return nil, 'WRONGTYPE a key of ours holds another kind of value: ' .. key
    end
    states[i] = all[i].kind.read(value, key)
    if not states[i] then return nil, 'ERR a key of ours holds a value that is not ours: ' .. key end
  end
  return states
end

-- The block that a refusal starts: the longest that a policy names which may allow the call later.
local function start_block(key, all, fitting)
  local till, by = 0, 0
  for i = 1, policies do
    local policy = all[i]
    if not fitting[i] and policy.cost <= policy.most and policy.block_for > 0 and now + policy.block_for >= till then
      till, by = math.min(MAX, now + policy.block_for), i
    end
  end
  if by > 0 then
    redis.call('SET', key, whole(till) .. ' ' .. by, 'PX', whole(math.ceil((till - now) / 1000) + shift))
  end
  return till, by
end

local function decide(block, own, keys, text)
  local charges, is_own, all = asked(text)
  local values = redis.call('MGET', block, unpack(keys))
  local states, failure = read(keys, values, all)
  if not states then return failure end
  local till, by = string.match(values[1] or '0 0', '^(%d+) (%d+)$')
  till, by = tonumber(till), tonumber(by)
  local allowed, fitting = true, {}
  for i = 1, policies do
    fitting[i] = all[i].cost == 0 or all[i].kind.fits(states[i], all[i])
    allowed = allowed and fitting[i]
  end
  if till > now then
    allowed = false
  elseif charges and not allowed then
    till, by = start_block(block, all, fitting)
  end
  if charges and allowed then
    local longest = 0
    for i = 1, policies do
      if all[i].cost > 0 then longest = math.max(longest, all[i].kind.charge(states[i], all[i], keys[i])) end
    end
    if is_own then
      redis.call('SADD', own, unpack(keys))
      longest = longest + shift
      if redis.call('PTTL', own) < longest then redis.call('PEXPIRE', own, whole(longest)) end
    end
  end
  reply[#reply + 1] = allowed and 1 or 0
  reply[#reply + 1] = math.max(0, till - now)
  reply[#reply + 1] = by
  for i = 1, policies do
    for j = 1, all[i].kind.width do reply[#reply + 1] = states[i][j] end
  end
end

local each = policies + 2
for i = 0, #KEYS / each - 1 do
  local keys = {}
  for j = 1, policies do keys[j] = KEYS[i * each + 2 + j] end
  local failure = decide(KEYS[i * each + 1], KEYS[i * each + 2], keys, ARGV[i + policies * 9 + 4])
  if failure then
    reply[#reply + 1], reply[#reply + 2] = failure, 0
    reply[#reply + 1] = 0
    for j = 1, policies do
      for _ = 1, usual[j].kind.width do reply[#reply + 1] = 0 end
    end
  end
end
return reply
