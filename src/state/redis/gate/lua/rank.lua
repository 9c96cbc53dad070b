-- Queue policies (policies/queue/rank.ts and fair-shares.ts are the same in TypeScript; test/vectors/rank.json drives
-- both). A call is { c = client, u = urgency, a = arrival, cost = cost }. An order is { policy, aging, ws = weights as
-- text, vt = virtual time, sweep_at, fair = which key remembers where each client's last call ends }.

local MAX_CLIENTS = 10000
local FIRST_SWEEP_AT = 64

local function order_of(cfg, fair)
  return { policy = cfg.policy, aging = cfg.aging, ws = cfg.ws, vt = 0, sweep_at = FIRST_SWEEP_AT, fair = fair }
end

local function same_order(one, other)
  return one.policy == other.policy and one.aging == other.aging and one.ws == other.ws
end

local function share_of(call)
  return call.cost / tonumber(redis.call('HGET', K.weights, call.c) or 1)
end

-- The rank that a call would get; remembers nothing.
local function rank_peek(o, call)
  if o.policy == 'fifo' then return call.a end
  if o.policy == 'priority' then return call.a + call.u * o.aging end
  return math.max(o.vt, tonumber(redis.call('HGET', K[o.fair], call.c) or 0))
end

local function fair_forget_past(o)
  local all = redis.call('HGETALL', K[o.fair])
  local endings, gone = {}, {}
  for index = 1, #all, 2 do
    local ending = tonumber(all[index + 1])
    if ending <= o.vt then gone[#gone + 1] = all[index] else endings[#endings + 1] = ending end
  end
  for first = 1, #gone, 500 do
    redis.call('HDEL', K[o.fair], unpack(gone, first, math.min(first + 499, #gone)))
  end
  return endings
end

-- O(clients), and so often that each new client pays a constant for it.
local function fair_sweep(o, size)
  local endings = fair_forget_past(o)
  if size > MAX_CLIENTS and #endings > MAX_CLIENTS / 2 then
    table.sort(endings)
    o.vt = math.max(o.vt, endings[math.floor(#endings / 2) + 1])
    endings = fair_forget_past(o)
  end
  o.sweep_at = math.max(FIRST_SWEEP_AT, 2 * #endings)
end

-- The rank of a call that now joins the queue. Once for each.
local function rank_join(o, call)
  local rank = rank_peek(o, call)
  if o.policy == 'fair' then
    redis.call('HSET', K[o.fair], call.c, full(rank + share_of(call)))
    local size = redis.call('HLEN', K[o.fair])
    if size > math.min(o.sweep_at, MAX_CLIENTS) then fair_sweep(o, size) end
  end
  return rank
end

local function rank_served(o, rank)
  if o.policy == 'fair' then o.vt = math.max(o.vt, rank) end
end

-- A ranked call left without going.
local function rank_cancelled(o, call)
  if o.policy ~= 'fair' then return end
  local finish = redis.call('HGET', K[o.fair], call.c)
  if not finish then return end
  local earlier = tonumber(finish) - share_of(call)
  if earlier <= o.vt then redis.call('HDEL', K[o.fair], call.c)
  else redis.call('HSET', K[o.fair], call.c, full(earlier)) end
end
