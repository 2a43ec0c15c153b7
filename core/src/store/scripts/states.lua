-- What bucket.lua, decide.lua and settle.lua do with states; each begins with this file.
local MAX = 9007199254740991
-- Found once: decisions are short enough for that to show.
local call, floor, ceil, match, format = redis.call, math.floor, math.ceil, string.match, string.format
local time = call('TIME')
local now = math.min(time[1] * 1000000 + time[2], MAX - 1)

-- Two times over a limit; saturates at the end of time.
local function plus(micros, rest, more, more_rest, limit)
  rest = rest - limit + more_rest
  if rest >= 0 then more = more + 1 else rest = rest + limit end
  micros = micros + more
  if micros >= MAX then return MAX, 0 end
  return micros, rest
end

-- The millisecond at which a fixed window ends that begins now: rounded up, so that no window is too short.
local function fresh_end(window)
  return ceil(math.min(now + window, MAX) / 1000)
end

-- A fixed window: what was used, the millisecond of its end (0: there is none), and until when a counter is blocked (see
-- window.lua; 0: it is not). Nil where the value is not ours.
local function read_counter(value, key)
  if not value then return 0, 0, 0 end
  local till, used, ends = 0, match(value, '^%d+$'), nil
  if used then
    ends = call('PEXPIRETIME', key)
  else
    till, used, ends = match(value, '^B(%d+) (%d+) (%d+)$')
    if not till then return nil end
    till, ends = tonumber(till), tonumber(ends)
  end
  if ends * 1000 <= now then return 0, 0, till end
  return tonumber(used), ends, till
end

-- A sliding window: the number of the newest tenth, and the counts of it and the ten before, each at the place of its
-- number modulo 11. Nil where the value is not ours.
local COUNTS = '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$'

local function read_counts(value)
  if not value then return { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } end
  local state = { match(value, COUNTS) }
  if not state[1] then return nil end
  for i = 1, 12 do state[i] = tonumber(state[i]) end
  return state
end

-- Writes the counts, and returns the millisecond at which Redis forgets them.
local function save_counts(key, state, tenth)
  local ends = ceil((state[1] + 11) * tenth / 1000)
  call('SET', key, format('%d %d %d %d %d %d %d %d %d %d %d %d', unpack(state)), 'PXAT', ends)
  return ends
end

-- Adds to the newest tenth, and writes the counts.
local function charge_counts(key, state, tenth, more)
  local current = floor(now / tenth)
  if current > state[1] then
    for passed = math.max(state[1] + 1, current - 10), current do state[passed % 11 + 2] = 0 end
    state[1] = current
  end
  local place = state[1] % 11 + 2
  state[place] = math.min(MAX, state[place] + more)
  return save_counts(key, state, tenth)
end

-- A token bucket: when it is full, in microseconds, a rest over the limit, and until when it is blocked (see bucket.lua;
-- 0: it is not). Nil where the value is not ours.
local function read_arrival(value)
  if not value then return 0, 0, 0 end
  local micros, rest = match(value, '^(%d+) (%d+)$')
  if micros then return tonumber(micros), tonumber(rest), 0 end
  local till
  till, micros, rest = match(value, '^B(%d+) (%d+) (%d+)$')
  if not till then return nil end
  return tonumber(micros), tonumber(rest), tonumber(till)
end

-- What a charge makes of it.
local function charged_arrival(micros, rest, policy)
  if micros < now then micros, rest = now, 0 end
  return plus(micros, rest, policy.step, policy.step_rest, policy.limit)
end

-- What a charge makes of it; nil where that does not fit.
local function fitting_arrival(micros, rest, policy)
  local charged, charged_rest = charged_arrival(micros, rest, policy)
  local latest, latest_rest = plus(policy.fill, policy.fill_rest, now, 0, policy.limit)
  local fits = policy.cost <= policy.most and charged < MAX
    and (charged < latest or (charged == latest and charged_rest <= latest_rest))
  if fits then return charged, charged_rest end
end

-- Writes it, and returns the millisecond at which Redis forgets it.
local function save_arrival(key, micros, rest, till)
  local ends = ceil((micros + 1) / 1000)
  local value
  if till > 0 then
    value, ends = format('B%d %d %d', till, micros, rest), math.max(ends, ceil(till / 1000))
  else
    value = format('%d %d', micros, rest)
  end
  call('SET', key, value, 'PXAT', format('%d', ends))
  return ends
end
