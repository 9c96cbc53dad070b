-- Settings: each node declares its own. Of limits and concurrency the strictest hold, all together; of the rest, what
-- was declared last. { limits = { { c, w, g, e } }, concurrency, policy, aging, max_size, ws = weights as text, breaker }

local function same_limit(one, other)
  return one.c == other.c and one.w == other.w and one.g == other.g and one.e == other.e
end

local function add_limits(limits, more)
  for _, limit in ipairs(more) do
    local known = false
    for _, held in ipairs(limits) do known = known or same_limit(held, limit) end
    if not known then limits[#limits + 1] = { c = limit.c, w = limit.w, g = limit.g, e = limit.e } end
  end
end

-- The strictest of what nodes have declared that are here, or were a short time ago; `limits` and `concurrency` of
-- whoever declares now come first.
local function strictest(s, first, concurrency)
  local limits = {}
  add_limits(limits, first)
  local declared = redis.call('HGETALL', K.declared)
  for index = 1, #declared, 2 do
    local node = declared[index]
    if s.nodes[node] == nil and s.gone[node] == nil then
      redis.call('HDEL', K.declared, node)
    else
      local other = cjson.decode(declared[index + 1])
      add_limits(limits, other.limits)
      if other.concurrency then concurrency = math.min(concurrency or other.concurrency, other.concurrency) end
    end
  end
  return limits, concurrency
end

-- A node has gone, and what it declared with it: the strictest of the others hold.
local function undeclare(s, node)
  if redis.call('HDEL', K.declared, node) == 0 or redis.call('HLEN', K.declared) == 0 then return end
  s.cfg.limits, s.cfg.concurrency = strictest(s, {}, nil)
  s.cfg_rev = s.cfg_rev + 1
end

-- Puts in force what all nodes that are known have declared, `cfg` last.
local function put_in_force(s, cfg, weights, now)
  local limits, concurrency = strictest(s, cfg.limits, cfg.concurrency)
  local old = s.cfg
  s.cfg = {
    limits = limits, concurrency = concurrency, policy = cfg.policy, aging = cfg.aging, max_size = cfg.max_size,
    ws = cfg.ws, breaker = old and old.breaker,
  }
  s.cfg_rev = s.cfg_rev + 1
  br_configure(s, cfg.breaker, now)
  if s.order and same_order(s.next or s.order, cfg) then return end
  redis.call('DEL', K.weights)
  for client, weight in pairs(weights or {}) do redis.call('HSET', K.weights, client, full(weight)) end
  s.order = s.order or order_of(cfg, 'fair')
  next_begin(s, cfg)
  next_go_on(s, LARGE_PART)
end
