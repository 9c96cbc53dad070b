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

-- Everybody is ranked anew, in order of arrival. O(n log n).
local function rank_anew(s)
  s.rank_rev = s.rank_rev + 1
  s.vt, s.sweep_at = 0, 64
  redis.call('DEL', K.fair)
  if s.size == 0 then return end
  local all = {}
  for _, raw in ipairs(redis.call('HVALS', K.tickets)) do all[#all + 1] = cmsgpack.unpack(raw) end
  table.sort(all, function(one, other)
    if one.a ~= other.a then return one.a < other.a end
    return one.seq < other.seq
  end)
  for _, t in ipairs(all) do
    t.rank, t.rr, t.sv = rank_join(s, t), s.rank_rev, false
    store(t)
  end
end

-- Puts in force what all nodes that are known have declared, `cfg` last.
local function put_in_force(s, cfg, weights, now)
  local limits, concurrency = {}, cfg.concurrency
  add_limits(limits, cfg.limits)
  local declared = redis.call('HGETALL', K.declared)
  for index = 1, #declared, 2 do
    if s.nodes[declared[index]] == nil then
      redis.call('HDEL', K.declared, declared[index])
    else
      local other = cjson.decode(declared[index + 1])
      add_limits(limits, other.limits)
      if other.concurrency then concurrency = math.min(concurrency or other.concurrency, other.concurrency) end
    end
  end
  local old = s.cfg
  s.cfg = {
    limits = limits, concurrency = concurrency, policy = cfg.policy, aging = cfg.aging, max_size = cfg.max_size,
    ws = cfg.ws, breaker = old and old.breaker,
  }
  s.cfg_rev = s.cfg_rev + 1
  br_configure(s, cfg.breaker, now)
  if old and old.ws == cfg.ws and old.policy == cfg.policy and old.aging == cfg.aging then return end
  redis.call('DEL', K.weights)
  for client, weight in pairs(weights or {}) do redis.call('HSET', K.weights, client, full(weight)) end
  rank_anew(s)
end
