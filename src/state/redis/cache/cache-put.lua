-- Stores an answer, as src/policies/cache/variants.ts has it: an answer that varies with headers which the ones before
-- did not name makes a new start.
-- KEYS 1: hash { names, b<values>: the answer, t<values>: `stored at` and `kept until` in ms }
-- ARGV 1: names of the headers that it varies with, sorted, comma-separated   2: the digest of the request's
--   values of those, or ``
--   3: the answer   4: for how many ms it was of use when it was stored   5: how many ms ago that was, at least
--   6: when it was, as the caller reckons, or ``   7: answers that are kept under one key
-- Returns { 'stored' }, { 'full' }, or { 'names', names }: nothing was done, those names hold.
-- O(variants) at most.
local names, values, life = ARGV[1], ARGV[2], tonumber(ARGV[4])
local now = wall_ms()
local before = redis.call('HGET', KEYS[1], 'names')

if before and before ~= names then
  local mine, union, more = {}, {}, false
  for name in string.gmatch(names, '[^,]+') do
    mine[name] = true
    union[#union + 1] = name
  end
  for name in string.gmatch(before, '[^,]+') do
    if not mine[name] then
      union[#union + 1] = name
      more = true
    end
  end
  if more then
    table.sort(union)
    return { 'names', table.concat(union, ',') }
  end
  redis.call('DEL', KEYS[1])
  before = nil
end

if before and redis.call('HEXISTS', KEYS[1], 'b' .. values) == 0 then
  local count = (redis.call('HLEN', KEYS[1]) - 1) / 2
  if count >= tonumber(ARGV[7]) then
    for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
      if string.sub(field, 1, 1) == 't' then
        local kept_until = tonumber(string.match(redis.call('HGET', KEYS[1], field), '%S+$'))
        if kept_until <= now then
          redis.call('HDEL', KEYS[1], field, 'b' .. string.sub(field, 2))
          count = count - 1
        end
      end
    end
    if count >= tonumber(ARGV[7]) then return { 'full' } end
  end
end

-- What took its time to come here is older than it seems.
local stored = now - tonumber(ARGV[5])
stored = math.min(stored, tonumber(ARGV[6]) or stored)
redis.call('HSET', KEYS[1], 'names', names, 'b' .. values, ARGV[3],
  't' .. values, string.format('%.3f %.3f', stored, stored + life))
local left = math.max(1, math.ceil(stored + life - now))
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], string.format('%d', left)) end
return { 'stored' }
