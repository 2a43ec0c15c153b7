-- Many decisions of one token bucket, two commands each.
--
-- KEYS: the state of each decision.
-- ARGV: the limit, the most that can ever fit, the time of a cost of 1, and the time in which an empty bucket fills (each:
--       microseconds, and a rest over the limit); then a text for each decision, or none where all are empty. A text is
--       empty for a cost of 1, or what decide.lua takes: of its words, the third is the cost, and the sixth and the
--       seventh are the time of it.
-- Answers: the time in microseconds; then for each decision when the bucket is full (microseconds, for a refusal −1 − so
-- many; and a rest over the limit), and for how many microseconds the key is blocked yet. A decision that failed has the
-- error in place of the first.
local usual = {
  cost = 1, limit = tonumber(ARGV[1]), most = tonumber(ARGV[2]), step = tonumber(ARGV[3]), step_rest = tonumber(ARGV[4]),
  fill = tonumber(ARGV[5]), fill_rest = tonumber(ARGV[6]),
}
local reply, size = { now }, 1

local function add(micros, rest, blocked)
  reply[size + 1], reply[size + 2], reply[size + 3] = micros, rest, blocked
  size = size + 3
end

local function asked(text)
  if text == '' then return usual end
  local cost, step, step_rest = match(text, '^%S+ %S+ (%d+) %S+ %S+ (%d+) (%d+)')
  return {
    cost = tonumber(cost), limit = usual.limit, most = usual.most, step = tonumber(step), step_rest = tonumber(step_rest),
    fill = usual.fill, fill_rest = usual.fill_rest,
  }
end

-- Answers the decision, or returns why it failed.
local function decide(key, policy)
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then return value.err end
  local micros, rest, till = read_arrival(value)
  if not micros then return 'ERR a key of ours holds a value that is not ours: ' .. key end
  if till > now then return add(-1 - micros, rest, till - now) end
  if policy.cost == 0 then return add(micros, rest, 0) end
  local charged, charged_rest = fitting_arrival(micros, rest, policy)
  if not charged then return add(-1 - micros, rest, 0) end
  save_arrival(key, charged, charged_rest, 0)
  add(charged, charged_rest, 0)
end

for i = 1, #KEYS do
  local failure = decide(KEYS[i], asked(ARGV[i + 6] or ''))
  if failure then add(failure, 0, 0) end
end
return reply
