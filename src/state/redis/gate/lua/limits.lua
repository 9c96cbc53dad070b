-- Strict limits over a log of sends (policies/limiter/limit-set.ts and sliding-log.ts are the same in TypeScript;
-- test/vectors/limiter.json drives both). A send stands in the log at its cumulative cost, so "when did the k-th
-- unit of cost go" is one look-up, O(log n). Thinning the older part out only makes sends look later, never earlier.

-- Beyond the highest count, so many entries at most reach further back.
local COARSE = 768
local COARSE_EXACT = 128
local MERGED_SHARE = 1 / 8
local LEAST_SPACING_GUARD_MS = 2

local function time_of_entry(entry)
  return tonumber(string.match(entry, '^([^|]+)|'))
end

-- When the position-th unit of cost was sent; -infinity before the first.
local function log_time(position)
  if position <= 0 then return -NEVER end
  local found = redis.call('ZRANGEBYSCORE', K.log, full(position), '+inf', 'LIMIT', 0, 1)[1]
  return found and time_of_entry(found) or -NEVER
end

-- Between a send of cost 1 and the next; nil when no limit is `even`.
local function spacing_of(s)
  local spacing = nil
  for _, limit in ipairs(s.cfg.limits) do
    if limit.e then
      local share = 0
      if limit.g > 0 then share = math.max(LEAST_SPACING_GUARD_MS, limit.g / limit.c) end
      spacing = math.max(spacing or 0, limit.w / limit.c + share)
    end
  end
  return spacing
end

-- What no limit ever allows is above this.
local function most_cost(s)
  local most = NEVER
  for _, limit in ipairs(s.cfg.limits) do most = math.min(most, limit.c) end
  return most
end

-- The earliest time from `now` on at which `cost` may go; infinity while unsent grants stand in its way.
local function ready_at(s, now, cost)
  local ready = now
  for _, limit in ipairs(s.cfg.limits) do
    local room = limit.c - s.unsent - cost
    if room < 0 then return NEVER end
    ready = math.max(ready, log_time(s.total - room) + limit.w + limit.g)
  end
  local spacing = spacing_of(s)
  if spacing then
    if s.unsent > 0 then return NEVER end
    if s.total > 0 then ready = math.max(ready, s.newest + s.newest_cost * spacing) end
  end
  return ready
end

local function window_slot_at(s, limit, now, ahead, cost)
  if cost > limit.c then return NEVER end
  local stop = s.total + s.unsent
  local must_have_left = stop + ahead + cost - limit.c
  local span = limit.w + limit.g
  local whole = 0
  if must_have_left > stop then
    whole = math.ceil((must_have_left - stop) / limit.c)
    must_have_left = must_have_left - whole * limit.c
  end
  local sent = must_have_left > s.total and now or log_time(must_have_left)
  return math.max(now, sent + span) + whole * span
end

-- When the call behind `ahead` others of cost 1 could go, unsent grants taken as sent now.
local function slot_at(s, now, ahead, cost)
  local slot = now
  for _, limit in ipairs(s.cfg.limits) do
    slot = math.max(slot, window_slot_at(s, limit, now, ahead, cost))
  end
  local spacing = spacing_of(s)
  if spacing then
    local last, last_cost = s.newest, s.newest_cost
    if s.unsent > 0 then last, last_cost = now, s.unsent end
    local first = now
    if s.unsent > 0 or s.total > 0 then first = math.max(now, last + last_cost * spacing) end
    slot = math.max(slot, first + ahead * spacing)
  end
  return slot
end

-- How many calls of cost 1 could go from `now` to `now + horizon`, at most `cap`.
local function burst_within(s, now, horizon, cap)
  local low, high = 0, cap
  local spacing = spacing_of(s)
  for _, limit in ipairs(s.cfg.limits) do
    high = math.min(high, limit.c * (math.floor(horizon / (limit.w + limit.g)) + 1))
  end
  if spacing then high = math.min(high, math.floor(horizon / spacing) + 1) end
  if high == NEVER then return high end
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if slot_at(s, now, middle - 1, 1) <= now + horizon then low = middle else high = middle - 1 end
  end
  return low
end

-- Cost sent less than `span` before `now`; O(log n) steps.
local function younger_than(s, span, now)
  local low, high = 0, redis.call('ZCARD', K.log)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('ZRANGE', K.log, middle, middle)[1]
    if time_of_entry(entry) + span > now then high = middle else low = middle + 1 end
  end
  if low == 0 then return s.total end
  return s.total - tonumber(redis.call('ZRANGE', K.log, low - 1, low - 1, 'WITHSCORES')[2])
end

-- Drops entries of the older part whose place a later one may take (an exponential histogram).
local function thin(s, exact)
  local old = redis.call('ZRANGE', K.log, 0, s.len - exact - 1, 'WITHSCORES')
  local count = #old / 2
  local last = count - COARSE_EXACT
  if last < 2 then return end
  local newest, base, drop = tonumber(old[#old]), 0, {}
  for index = 1, last - 1 do
    local after = tonumber(old[2 * index + 2])
    if after - base <= (newest - after) * MERGED_SHARE then
      drop[#drop + 1] = old[2 * index - 1]
    else
      base = tonumber(old[2 * index])
    end
  end
  for first = 1, #drop, 500 do
    redis.call('ZREM', K.log, unpack(drop, first, math.min(first + 499, #drop)))
  end
  s.len = s.len - #drop
end

-- What a send, dear or near, keeps away from `time` on, as the cost of a send at `time`.
local function still_owed(s, at, cost, time)
  local spacing = spacing_of(s)
  return spacing and cost - (time - at) / spacing or 0
end

local function push(s, at, cost, id)
  -- Up to the next microsecond: a rounded time may be later than the send, never earlier.
  local time = math.max(math.ceil(at * 1000 - 0.001) / 1000, s.newest)
  s.newest_cost = math.max(cost, still_owed(s, s.newest, s.newest_cost, time))
  s.total = s.total + cost
  s.newest = time
  redis.call('ZADD', K.log, full(s.total), string.format('%.3f|%d|%s', time, cost, id))
  s.len = s.len + 1
  local exact = 1
  for _, limit in ipairs(s.cfg.limits) do exact = math.max(exact, limit.c) end
  if s.len > exact + COARSE then thin(s, exact) end
end

-- Begins the id of a send that is assumed: its grant was not confirmed in time, and its node may still say what became
-- of it. What a node has said is never taken back.
local ASSUMED = '?'
-- Among so many of the newest sends an assumed one is looked for.
local RECENT = 256

local function assume(s, at, cost, id)
  push(s, at, cost, ASSUMED .. id)
end

-- The newest sends, id -> time: those that are assumed, and those that their nodes told of.
local function recent_sends()
  local assumed, told = {}, {}
  for _, entry in ipairs(redis.call('ZRANGE', K.log, -RECENT, -1)) do
    local mark, id = string.match(entry, '|(%??)([^|]*)$')
    if mark == ASSUMED then assumed[id] = time_of_entry(entry) else told[id] = time_of_entry(entry) end
  end
  return assumed, told
end

-- What became of assumed sends, by id: 'never' takes one off the record, 'written' lets it stand for good. One that is
-- older, or that stands for others too, stays as it is: too much, never too little. O(RECENT log n), however many.
local function resolve(s, fates)
  if next(fates) == nil then return end
  local recent = redis.call('ZRANGE', K.log, -(RECENT + 1), -1, 'WITHSCORES')
  -- The first one only tells what the next one adds to it.
  local first = #recent > 2 * RECENT and 3 or 1
  local before, taken, gone, moved, kept = first == 3 and tonumber(recent[2]) or 0, 0, {}, {}, {}
  if first == 3 then kept[1] = recent[1] end
  local is_newest_off = false
  for index = first, #recent, 2 do
    local entry, upto = recent[index], tonumber(recent[index + 1])
    local head, cost, mark, id = string.match(entry, '^([^|]+|(%d+)|)(%??)(.*)$')
    local fate = mark == ASSUMED and fates[id]
    is_newest_off = fate == 'never' and upto - before == tonumber(cost)
    if is_newest_off then
      taken = taken + tonumber(cost)
      gone[#gone + 1] = entry
      s.len = s.len - 1
    else
      local stays = fate == 'written' and head .. id or entry
      if stays ~= entry then gone[#gone + 1] = entry end
      if stays ~= entry or taken > 0 then
        moved[#moved + 1] = full(upto - taken)
        moved[#moved + 1] = stays
      end
      kept[#kept + 1] = stays
    end
    before = upto
  end
  if #gone == 0 then return end
  redis.call('ZREM', K.log, unpack(gone))
  if #moved > 0 then redis.call('ZADD', K.log, unpack(moved)) end
  s.total = s.total - taken
  if not is_newest_off then return end
  s.newest, s.newest_cost = #kept > 0 and time_of_entry(kept[#kept]) or 0, 0
  for index, entry in ipairs(kept) do
    local at, cost = string.match(entry, '^([^|]+)|(%d+)|')
    local owed = index == #kept and tonumber(cost) or still_owed(s, tonumber(at), tonumber(cost), s.newest)
    s.newest_cost = math.max(s.newest_cost, owed)
  end
end

-- So long at most a write that has begun keeps others away: longer than any call may take (ms).
local LONGEST_WRITE_MS = 86400000

-- A grant is unsent until it is written: it counts as if it were always happening now, up to its latest moment.
local function reserve(s, id, cost, latest)
  if redis.call('ZADD', K.unsent, full(latest), id .. '~' .. cost) == 1 then s.unsent = s.unsent + cost end
end

local function unreserve(s, id, cost)
  if redis.call('ZREM', K.unsent, id .. '~' .. cost) == 0 then return false end
  s.unsent = s.unsent - cost
  return true
end

-- Nothing stands for a grant any more: that it may still be written, or, by way of `fates`, that it is assumed to be.
local function lift(s, id, cost, fates)
  if not unreserve(s, id, cost) then fates[id] = 'never' end
end

-- Grants that nobody confirmed were written at the latest possible moment, or never: they count from there, until their
-- node says what became of them.
local function expire_unsent(s, now)
  if s.unsent == 0 then return end
  local over = redis.call('ZRANGEBYSCORE', K.unsent, '-inf', '(' .. full(now), 'WITHSCORES', 'LIMIT', 0, 1000)
  for index = 1, #over, 2 do
    local id, cost = string.match(over[index], '^(.*)~(%d+)$')
    if unreserve(s, id, tonumber(cost)) then assume(s, tonumber(over[index + 1]), tonumber(cost), id) end
  end
end

-- The earliest moment at which an unsent grant stops standing in the way by itself.
local function unsent_until()
  local first = redis.call('ZRANGE', K.unsent, 0, 0, 'WITHSCORES')[2]
  return first and tonumber(first) or NEVER
end
