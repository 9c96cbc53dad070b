-- Nodes that are not heard of any more: their places go to others at once, their tickets are taken out in parts.

-- Takes tickets out of nodes that are gone, `most` at most. Each is looked for among all who wait.
local function take_out(s, most)
  for node, facts in pairs(s.gone) do
    while facts.w > 0 and most > 0 do
      local found = redis.call('HSCAN', K.tickets, facts.cur or '0', 'MATCH', node .. ':*', 'COUNT', most)
      for index = 1, #found[2], 2 do queue_take(s, found[2][index], false) end
      most = most - math.max(1, #found[2] / 2)
      facts.cur = found[1]
      -- Nothing came meanwhile: whoever comes back is not gone.
      if found[1] == '0' then facts.w = 0 end
    end
  end
end

-- What a node had in the queue is to be taken out, by and by.
local function let_go(s, node, facts)
  local before = s.gone[node]
  s.gone[node] = { w = facts.w + (before and before.w or 0), til = facts.til, un = facts.un }
end

-- A node that was gone is here again, with those of its tickets that were not taken out yet.
local function take_back(s, node, me)
  if s.gone[node] then me.w = me.w + s.gone[node].w end
  s.gone[node] = nil
end

-- What is to be done by and by, whoever asks: nodes that have not been heard of for too long, and another order.
local function bury(s, now)
  for node, facts in pairs(s.nodes) do
    local patience = facts.w + facts.g > 0 and 0 or IDLE_NODE_MS
    if now > facts.til + patience then
      for _, uid in ipairs(facts.g > 0 and keys_of_node(K.grants, node) or {}) do
        grant_drop(s, uid, grant_of(uid), now)
      end
      s.nodes[node] = nil
      s.missing[node] = nil
      let_go(s, node, facts)
    end
  end
  take_out(s, PART)
  for node, facts in pairs(s.gone) do
    if facts.w == 0 and now > facts.til + IDLE_NODE_MS then
      s.gone[node] = nil
      undeclare(s, node)
    end
  end
  next_go_on(s, PART)
end
