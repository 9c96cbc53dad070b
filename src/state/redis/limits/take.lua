-- One request of one client under one limit. A refused one consumes nothing.
-- KEYS 1: string `at used before`, gone once it says nothing any more
-- ARGV 1: sliding_window | token_bucket | fixed_window   2: count   3: window in ms   4: `peek` to count nothing
--   5: requests that passed without being counted: they are counted first
-- Returns { 1 or 0: allowed, remaining, ms to the reset as text, `ms-since-at used before` afterwards }.
-- O(1).
local algorithm, count, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local peeks, untold = ARGV[4] == 'peek', tonumber(ARGV[5])
local now = wall_ms()
local kept = read(redis.call('GET', KEYS[1]))
local before = kept
if untold > 0 then before = add(algorithm, count, window, kept, untold, now) end
local state, allowed, remaining, reset = take[algorithm](count, window, before, now)
if peeks then
  state = before or { at = now, used = 0, before = 0 }
elseif allowed or untold > 0 or not kept or state.at ~= kept.at then
  redis.call('SET', KEYS[1], written(state), 'PX', string.format('%d', life_of(algorithm, count, window, state, now)))
end
local known = { at = now - state.at, used = state.used, before = state.before }
return { allowed and 1 or 0, remaining, string.format('%.17g', reset), written(known) }
