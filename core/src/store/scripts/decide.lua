-- Decisions under any policies: all of them allow and are charged, or nothing changes.
--
-- KEYS: for each decision its block, its list of own limits, and a state for each policy.
-- ARGV: the number of policies; nine numbers for each policy: its kind (1 fixed window, 2 sliding window, 3 token
--       bucket), its limit, its window in microseconds (of a sliding window a tenth of it), the most that can ever fit,
--       the time of a cost of 1 and the time in which an empty bucket fills (each: microseconds, and a rest over the
--       limit), and microseconds to block for; then a text for each decision, or none where all are empty. A text is
--       empty for a cost of 1, or says what differs: "c" to charge or "p" to peek, "1" where a limit is the caller's
--       own, and for each policy the cost, the limit, the most that can fit, and the two times.
-- Answers: the time in microseconds; then for each decision whether it is allowed, for how many microseconds the key is
-- blocked, by which policy (from 1; 0 by hand), and the states, charged where it is allowed: fixed: used, and the
-- millisecond of the end; sliding: the newest tenth and eleven counts; token bucket: when it is full, and a rest. A
-- decision that failed has the error in place of the first.
local policies = tonumber(ARGV[1])
local reply, size = { now }, 1

-- A kind reads a state from its value (nil where that is not ours), says whether a policy's cost fits, and charges it:
-- changes the state, writes it, and returns the millisecond at which Redis forgets it, or 0 where that is as before.

-- A count, and the millisecond at which its window ends; 0 where there is none.
local FIXED = { width = 2 }

function FIXED.read(value, key)
  local used, ends = read_counter(value, key)
  return used and { used, ends }
end

function FIXED.fits(state, policy)
  return state[1] + policy.cost <= policy.limit
end

function FIXED.charge(state, policy, key)
  state[1] = state[1] + policy.cost
  local is_new = state[2] == 0
  if is_new then state[2] = fresh_end(policy.window) end
  call('SET', key, state[1], 'PXAT', state[2])
  return is_new and state[2] or 0
end

local SLIDING = { width = 12, read = read_counts }

function SLIDING.fits(state, policy)
  local newest, used = state[1], 0
  local oldest = floor(now / policy.window) - 10
  if oldest <= newest - 10 then
    for i = 2, 12 do used = used + state[i] end
  else
    for number = oldest, newest do used = used + state[number % 11 + 2] end
  end
  return policy.cost <= policy.limit and used <= policy.limit - policy.cost
end

function SLIDING.charge(state, policy, key)
  return charge_counts(key, state, policy.window, policy.cost)
end

-- When the bucket is full: microseconds, and a rest over the limit.
local BUCKET = { width = 2 }

function BUCKET.read(value)
  local micros, rest = read_arrival(value)
  return micros and { micros, rest }
end

-- Leaves in the policy what a charge would make of the state.
function BUCKET.fits(state, policy)
  policy.micros, policy.rest = fitting_arrival(state[1], state[2], policy)
  return policy.micros
end

function BUCKET.charge(state, policy, key)
  state[1], state[2] = policy.micros, policy.rest
  return save_arrival(key, state[1], state[2], 0)
end

local KINDS = { FIXED, SLIDING, BUCKET }

local usual = {}
for i = 1, policies do
  local at = i * 9 - 8
  usual[i] = {
    kind = KINDS[tonumber(ARGV[at + 1])], cost = 1, limit = tonumber(ARGV[at + 2]), window = tonumber(ARGV[at + 3]),
    most = tonumber(ARGV[at + 4]), step = tonumber(ARGV[at + 5]), step_rest = tonumber(ARGV[at + 6]),
    fill = tonumber(ARGV[at + 7]), fill_rest = tonumber(ARGV[at + 8]), block_for = tonumber(ARGV[at + 9]),
  }
end

-- What a decision asks: whether it charges, whether a limit is its own, and its policies.
local function asked(text)
  if text == '' then return true, false, usual end
  local words, count = {}, 0
  for word in string.gmatch(text, '%S+') do
    count = count + 1
    words[count] = word
  end
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

-- All states of a decision; where a value is none of ours, nil and why.
local function read(first, values, all)
  local states = {}
  for i = 1, policies do
    local key, value = KEYS[first + i], values[i + 1]
    if not value and call('EXISTS', key) == 1 then
      return nil, 'WRONGTYPE a key of ours holds another kind of value: ' .. key
    end
    states[i] = all[i].kind.read(value, key)
    if not states[i] then return nil, 'ERR a key of ours holds a value that is not ours: ' .. key end
  end
  return states
end

-- The policies that object, by their place; nil where none does.
local function objections(states, all)
  local objecting
  for i = 1, policies do
    local policy = all[i]
    if policy.cost > 0 and not policy.kind.fits(states[i], policy) then
      objecting = objecting or {}
      objecting[i] = true
    end
  end
  return objecting
end

-- The block that a refusal starts: the longest that a policy names which may allow the call later.
local function start_block(key, all, objecting)
  local till, by = 0, 0
  for i = 1, policies do
    local policy = all[i]
    if objecting[i] and policy.cost <= policy.most and policy.block_for > 0 and now + policy.block_for >= till then
      till, by = math.min(MAX, now + policy.block_for), i
    end
  end
  if by > 0 then call('SET', key, format('%.0f %d', till, by), 'PXAT', ceil(till / 1000)) end
  return till, by
end

-- Remembers states under own limits for a reset.
local function note_own(own, first, ends)
  call('SADD', own, unpack(KEYS, first + 1, first + policies))
  if call('PEXPIRETIME', own) < ends then call('PEXPIREAT', own, ends) end
end

local function charge(states, all, first)
  local ends = 0
  for i = 1, policies do
    local policy = all[i]
    if policy.cost > 0 then ends = math.max(ends, policy.kind.charge(states[i], policy, KEYS[first + i])) end
  end
  return ends
end

-- Answers the decision whose keys come after `first`, its states being the third and on; or returns why it failed.
local function decide(first, text)
  local block = KEYS[first - 1]
  local charges, is_own, all = asked(text)
  local values = policies == 1 and call('MGET', block, KEYS[first + 1])
    or call('MGET', block, unpack(KEYS, first + 1, first + policies))
  local states, failure = read(first, values, all)
  if not states then return failure end
  local till, by = 0, 0
  if values[1] then
    till, by = match(values[1], '^(%d+) (%d+)$')
    till, by = tonumber(till or 0), tonumber(by or 0)
  end
  local allowed = false
  if till <= now then
    local objecting = objections(states, all)
    allowed = not objecting
    if charges and objecting then till, by = start_block(block, all, objecting) end
  end
  if charges and allowed then
    local ends = charge(states, all, first)
    if is_own and ends > 0 then note_own(KEYS[first], first, ends) end
  end
  reply[size + 1], reply[size + 2], reply[size + 3] = allowed and 1 or 0, till > now and till - now or 0, by
  size = size + 3
  for i = 1, policies do
    local state, width = states[i], all[i].kind.width
    for j = 1, width do reply[size + j] = state[j] end
    size = size + width
  end
end

local width = 3
for i = 1, policies do width = width + usual[i].kind.width end

local each = policies + 2
for i = 0, #KEYS / each - 1 do
  local failure = decide(i * each + 2, ARGV[i + policies * 9 + 2] or '')
  if failure then
    reply[size + 1] = failure
    for j = 2, width do reply[size + j] = 0 end
    size = size + width
  end
end
return reply
