-- Who is there, and what they told. It changes nothing.
-- KEYS: as of beat.lua
-- ARGV: 1 ms after which a node is gone  2 seconds that are kept  3 how many of them are asked for
--       4 '1' where facts are asked for
-- Returns { ms now, { node, ms since it was heard of, `seq text` of its state, facts or '', { `seq second text` } } … }
-- O(n × seconds asked for).
local ttl, keep, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = { now }
local heard = redis.call('ZRANGE', KEYS[1], now - ttl, '+inf', 'BYSCORE', 'WITHSCORES')
for index = 1, #heard, 2 do
  local node = heard[index]
  local state = redis.call('HGET', KEYS[3], node)
  if state then
    local last, seconds, slots = tonumber(string.match(state, '^%d+')), {}, {}
    for seq = math.max(0, last - wanted + 1), last do slots[#slots + 1] = node .. ':' .. seq % keep end
    if #slots > 0 then
      for place, text in ipairs(redis.call('HMGET', KEYS[4], unpack(slots))) do
        -- A place that holds an older second: that of the beat was lost.
        if text and tonumber(string.match(text, '^%d+')) == last - #slots + place then seconds[#seconds + 1] = text end
      end
    end
    local facts = ARGV[4] == '1' and redis.call('HGET', KEYS[2], node) or ''
    answer[#answer + 1] = { node, math.max(0, now - tonumber(heard[index + 1])), state, facts or '', seconds }
  end
end
return answer
