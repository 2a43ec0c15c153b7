-- What all scripts of presence share. A room is three keys:
--   expiry  sorted set: connection id by the time (ms of Redis's clock) from which it is no member
--   who     hash: connection id -> "<session> <bytes of user> <user><data>"; the session is "-" in its grace
--   users   hash: bucket of users -> who they are and how many connections they have, see users_of;
--           the field "" holds "<number of the room's last change> <users>"
-- and "rooms" is a sorted set of rooms by when somebody should look for expired members.
-- KEYS name them in this order: rooms, then expiry, who, users for each room.

local now_us
local function read_clock()
  local time = redis.call('TIME')
  now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
  return math.floor(now_us / 1000)
end

-- Whole numbers below 2^53, all digits: tostring keeps 14 of them.
local function whole(number)
  return string.format('%.0f', number)
end

local function open_room(expiry, who, users, channel)
  return { expiry = expiry, who = who, users = users, channel = channel }
end

-- The room's numbers, read when something is about to change them.
local function read_numbers(room)
  if not room.revision then
    local revision, count = string.match(redis.call('HGET', room.users, '') or '0 0', '(%d+) (%d+)')
    room.revision, room.count = tonumber(revision), tonumber(count)
  end
end

-- Writes the numbers down, if anything has changed them.
local function close_room(room)
  if room.revision then
    redis.call('HSET', room.users, '', whole(room.revision) .. ' ' .. whole(room.count))
  end
end

-- Tells of a change; the room's changes are numbered upwards, also across a loss of these keys.
local function tell(room, kind, cid, rest)
  read_numbers(room)
  local after = room.revision
  room.revision = math.max(after + 1, now_us)
  local head = whole(room.revision) .. ' ' .. whole(after) .. ' ' .. kind .. ' ' .. #cid .. ' '
  redis.call('PUBLISH', room.channel, head .. cid .. rest)
end

-- A field for each user would cost a large room a quarter of its memory, so some share one: a list of
-- "\0<user>\1<connections>". Returns the field, and where the user stands in it.
local ESCAPES = { ['\0'] = '\2a', ['\1'] = '\2b', ['\2'] = '\2c' }
local function users_of(room, user)
  local bucket = tonumber(string.sub(redis.sha1hex(user), 1, 2), 16) % 128
  local list = redis.call('HGET', room.users, bucket) or ''
  local entry = '\0' .. string.gsub(user, '[%z\1\2]', ESCAPES) .. '\1'
  local from, to = string.find(list, entry, 1, true)
  if not from then
    return bucket, list, entry, '', 0
  end
  local connections = string.match(list, '^%d+', to + 1)
  return bucket, string.sub(list, 1, from - 1), entry, string.sub(list, to + 1 + #connections), tonumber(connections)
end

-- Adds so many connections to a user; says how many there are now.
local function count_user(room, user, by)
  local bucket, before, entry, behind, connections = users_of(room, user)
  connections = math.max(connections + by, 0)
  local list = before .. (connections > 0 and entry .. whole(connections) or '') .. behind
  if list == '' then
    redis.call('HDEL', room.users, bucket)
  else
    redis.call('HSET', room.users, bucket, list)
  end
  return connections
end

-- Session and "<bytes of user> <user><data>" of what the hash holds.
local function split(held)
  local space = string.find(held, ' ', 1, true)
  return string.sub(held, 1, space - 1), string.sub(held, space + 1)
end

-- The user in "<bytes of user> <user><data>"; nil for none.
local function user_of(rest)
  local space = string.find(rest, ' ', 1, true)
  local bytes = tonumber(string.sub(rest, 1, space - 1))
  if bytes > 0 then
    return string.sub(rest, space + 1, space + bytes)
  end
end

local function tell_joined(room, cid, rest)
  read_numbers(room)
  local user = user_of(rest)
  local first = user and count_user(room, user, 1) == 1
  room.count = room.count + (first and 1 or 0)
  tell(room, first and 'joined+user' or 'joined', cid, rest)
end

-- For a member that is, or will be, taken out of the keys.
local function tell_left(room, kind, cid, rest)
  read_numbers(room)
  local user = user_of(rest)
  local last = user and count_user(room, user, -1) == 0
  room.count = math.max(room.count - (last and 1 or 0), 0)
  tell(room, last and kind .. '+user' or kind, cid, rest)
end

local function take_out(room, kind, cid, rest)
  redis.call('ZREM', room.expiry, cid)
  redis.call('HDEL', room.who, cid)
  tell_left(room, kind, cid, rest)
end

-- Who has left has only waited for its grace to end.
local function kind_of_end(session)
  return session == '-' and 'left' or 'expired'
end

-- Session and rest of a member; one whose time is over is taken out, and is none.
local function meet(room, cid, now)
  local held = redis.call('HGET', room.who, cid)
  if not held then
    return nil
  end
  local session, rest = split(held)
  local expiry = tonumber(redis.call('ZSCORE', room.expiry, cid) or 0)
  if expiry <= now then
    take_out(room, kind_of_end(session), cid, rest)
    return nil
  end
  return session, rest
end

-- What a caller with a session may do to a member: 1 all, 0 it is gone, 2 another session holds it.
local GONE, HELD, REPLACED = 0, 1, 2
local function standing(session, mine)
  if session == mine then
    return HELD
  end
  return (session == nil or session == '-') and GONE or REPLACED
end

-- Takes out some members whose time is over; says how many, and how many bytes they held.
local function evict_chunk(room, most, now)
  local cids = redis.call('ZRANGEBYSCORE', room.expiry, '-inf', whole(now), 'LIMIT', 0, most)
  if #cids == 0 then
    return 0, 0
  end
  local held = redis.call('HMGET', room.who, unpack(cids))
  redis.call('ZREM', room.expiry, unpack(cids))
  redis.call('HDEL', room.who, unpack(cids))
  local bytes = 0
  for i, cid in ipairs(cids) do
    if held[i] then
      local session, rest = split(held[i])
      tell_left(room, kind_of_end(session), cid, rest)
      bytes = bytes + #rest
    end
  end
  return #cids, bytes
end

-- Takes out members whose time is over, so many at most, and fewer where they are large; says how many those were.
local function evict(room, most, now)
  local removed, bytes = 0, 0
  repeat
    local chunk = math.min(most - removed, 20)
    local some, held = evict_chunk(room, chunk, now)
    removed, bytes = removed + some, bytes + held
  until some < chunk or removed == most or bytes > 65536
  return removed
end

-- Nobody needs the keys once nobody looks after them any more: they go later than any sweep.
local function keep(room, rooms, ms)
  redis.call('PEXPIRE', room.expiry, ms)
  redis.call('PEXPIRE', room.who, ms)
  redis.call('PEXPIRE', room.users, ms)
  redis.call('PEXPIRE', rooms, ms)
end

