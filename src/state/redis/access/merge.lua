-- Counts what one node has let through of `eventual` rules since it was here last, and tells it what all have.
-- KEYS 1: begins the names of hashes: field -> `at used before`. `:<length in ms>:<generation>` follows, so that what
--   is not touched for a generation goes with it; a field that is touched moves to the present one.
-- ARGV 1: JSON {
--   r: list of { algorithm, count, window in ms, length of a generation: at least two windows },
--   c: list of { place in r, field, requests }; 0 requests only ask,
--   f: list of { length, field } to forget,
--   most: fields in a generation, ch: channel for those over their limit, n: the node }
-- Returns JSON { s: for each of c { ms since `at`, used, before } or false, t: how many were turned away }.
-- Publishes on `ch`: JSON { n, o: list of { field, ms since `at`, used, before } } of those now over their limit.
-- O(k), k = fields asked about; at most 8 commands for each length, whatever k is.
local a = cjson.decode(ARGV[1])
local now = wall_ms()

local function generation(length, back)
  return string.format('%s:%d:%d', KEYS[1], length, math.floor(now / length) - back)
end

for _, one in ipairs(a.f) do
  redis.call('HDEL', generation(one[1], 0), one[2])
  redis.call('HDEL', generation(one[1], 1), one[2])
end

local groups = {}
for place, one in ipairs(a.c) do
  local length = a.r[one[1]][4]
  local group = groups[length]
  if not group then
    group = { fields = {}, places = {} }
    groups[length] = group
  end
  group.fields[#group.fields + 1] = one[2]
  group.places[#group.places + 1] = place
end

local states, over, turned = {}, {}, 0
for length, group in pairs(groups) do
  local present = generation(length, 0)
  local kept = redis.call('HMGET', present, unpack(group.fields))
  local older
  local writes, room = {}, nil
  for i, place in ipairs(group.places) do
    local rule, field, requests = a.r[a.c[place][1]], group.fields[i], a.c[place][3]
    local algorithm, count, window = rule[1], rule[2], rule[3]
    local text = kept[i]
    if not text then
      older = older or redis.call('HMGET', generation(length, 1), unpack(group.fields))
      text = older[i]
    end
    local state = read(text)
    if requests > 0 then
      state = add(algorithm, count, window, state, requests, now)
      if not kept[i] then
        room = (room or a.most - redis.call('HLEN', present)) - 1
      end
      if kept[i] or room >= 0 then
        writes[#writes + 1] = field
        writes[#writes + 1] = written(state)
      else
        turned = turned + 1
      end
      local _, allowed = take[algorithm](count, window, state, now)
      if not allowed then over[#over + 1] = { field, now - state.at, state.used, state.before } end
    end
    states[place] = state and { now - state.at, state.used, state.before } or false
  end
  if #writes > 0 then
    redis.call('HSET', present, unpack(writes))
    redis.call('PEXPIRE', present, string.format('%d', 2 * length))
  end
end
if #over > 0 then redis.call('PUBLISH', a.ch, cjson.encode({ n = a.n, o = over })) end
return cjson.encode({ s = states, t = turned })
