-- Another ranking for all who wait, made in parts: one script for a hundred thousand tickets would keep the server from
-- everybody for seconds. The order in force goes on until the new one is whole, and is replaced at once. Whoever comes
-- or goes meanwhile has, or gives up, a place in both. `s.next` is the order (lua/rank.lua) that is being made, with
-- `cur`: how far the tickets have been gone through; nil when all have. `fifo` and `priority` rank each ticket by itself;
-- `fair` goes by arrival, so all are put in order of arrival first.

-- Members of one command: what Lua may hand over at once is bounded.
local AT_ONCE = 500

-- What one script does of it beside its own work, and a script that does nothing else. In tickets; 1,000 take about
-- 15 ms.
local PART = 300
local LARGE_PART = 1000

local function arrival_of(t)
  return member_of(t) .. '|' .. t.c
end

local function next_add(s, t)
  if s.next == nil then return end
  if s.next.policy == 'fair' then redis.call('ZADD', K.arrivals, full(t.a), arrival_of(t))
  else redis.call('ZADD', K.next, full(rank_peek(s.next, t)), member_of(t)) end
end

local function next_remove(s, t, served)
  if s.next == nil then return end
  local member = member_of(t)
  if s.next.policy == 'fair' and redis.call('ZREM', K.arrivals, arrival_of(t)) == 0 then
    local rank = redis.call('ZSCORE', K.next, member)
    if rank and served then rank_served(s.next, tonumber(rank))
    elseif rank then rank_cancelled(s.next, t) end
  end
  redis.call('ZREM', K.next, member)
end

local function replace(key, by)
  redis.call('UNLINK', key)
  if redis.call('EXISTS', by) == 1 then redis.call('RENAME', by, key) end
end

local function next_in_force(s)
  replace(K.queue, K.next)
  replace(K.fair, K.next_fair)
  s.order, s.next = s.next, nil
  s.order.fair = 'fair'
  s.rank_rev = s.rank_rev + 1
end

-- Nobody waits any more: whatever order is being made is in force.
local function next_drop(s)
  if s.next == nil then return end
  redis.call('UNLINK', K.next, K.arrivals, K.next_fair)
  redis.call('UNLINK', K.queue)
  next_in_force(s)
end

-- One part, of `most` tickets at most. O(most log n).
local function next_part(s, most)
  local o, added, to = s.next, {}, K.next
  if o.cur then
    local found = redis.call('HSCAN', K.tickets, o.cur, 'COUNT', most)
    o.cur = found[1] ~= '0' and found[1] or nil
    for index = 2, #found[2], 2 do
      local t = cmsgpack.unpack(found[2][index])
      local fair = o.policy == 'fair'
      added[#added + 1] = full(fair and t.a or rank_peek(o, t))
      added[#added + 1] = fair and arrival_of(t) or member_of(t)
    end
    if o.policy == 'fair' then to = K.arrivals end
  else
    local first = redis.call('ZPOPMIN', K.arrivals, most)
    for index = 1, #first, 2 do
      local member, cost, client = string.match(first[index], '^(%d+:(%d+):[^|]+)|(.*)$')
      added[#added + 1] = full(rank_join(o, { c = client, cost = tonumber(cost) }))
      added[#added + 1] = member
    end
  end
  for first = 1, #added, 2 * AT_ONCE do
    redis.call('ZADD', to, unpack(added, first, math.min(first + 2 * AT_ONCE - 1, #added)))
  end
  return #added / 2
end

local function next_is_whole(s)
  return s.next.cur == nil and (s.next.policy ~= 'fair' or redis.call('EXISTS', K.arrivals) == 0)
end

-- Goes on with it, and puts it in force when it is whole. True while there is more to do.
local function next_go_on(s, most)
  while s.next do
    if next_is_whole(s) then next_in_force(s)
    elseif most <= 0 then return true
    else most = most - math.max(1, next_part(s, most)) end
  end
  return false
end

-- Everybody is to be ranked by these settings.
local function next_begin(s, cfg)
  redis.call('UNLINK', K.next, K.arrivals, K.next_fair)
  s.next = order_of(cfg, 'next_fair')
  s.next.cur = '0'
  if s.size == 0 then s.next.cur = nil end
end
