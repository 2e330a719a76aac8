--- fzf-lua.

---@type magray.Picker
local M = { module = 'fzf-lua' }

-- fzf gives lines back: the number in front tells which item a line is, and is not shown.
local function line_of(item, index)
  return ('%d\t%s'):format(index, (item.text:gsub('[\n\t]', ' ')))
end

local function options_of(options, items)
  local function chosen(selected)
    return selected and selected[1] and items()[tonumber(selected[1]:match('^%d+'))]
  end
  local function open_with(how)
    return function(selected)
      local item = chosen(selected)
      if item then
        require('magray.hits').open(item, how)
      end
    end
  end
  local function quickfix(selected)
    local found = {}
    for _, line in ipairs(selected) do
      found[#found + 1] = items()[tonumber(line:match('^%d+'))]
    end
    require('magray.hits').to_quickfix(found, options.title)
  end
  return {
    prompt = options.title .. '> ',
    exec_empty_query = false,
    fzf_opts = {
      ['--no-sort'] = true,
      ['--delimiter'] = '\t',
      ['--with-nth'] = '2..',
      ['--multi'] = true,
      ['--header'] = options.notice,
    },
    preview = function(selected)
      local item = chosen(selected)
      return item and table.concat((require('magray.hits').preview(item, 100)), '\n') or ''
    end,
    actions = {
      ['default'] = open_with(),
      ['ctrl-s'] = open_with('split'),
      ['ctrl-v'] = open_with('vsplit'),
      ['ctrl-t'] = open_with('tab'),
      ['alt-q'] = quickfix,
    },
  }
end

local function lines_of(items)
  local lines = {}
  for index, item in ipairs(items) do
    lines[index] = line_of(item, index)
  end
  return lines
end

function M.pick(items, options)
  require('fzf-lua').fzf_exec(
    lines_of(items),
    options_of(options, function()
      return items
    end)
  )
end

function M.live(live, options)
  local items = {}
  local told ---@type string?
  local finish ---@type fun()? ends the list of the query before
  require('fzf-lua').fzf_live(
    function(given)
      -- Its older versions give the query itself.
      local query = type(given) == 'table' and given[1] or given
      return function(add)
        vim.schedule(function()
          if finish then
            finish()
          end
          finish = function()
            finish = nil
            add(nil)
          end
          live:ask(query or '', function(problem, answer, final)
            if not final then
              return
            end
            -- Its header cannot change while it runs.
            local notices = require('magray.notices')
            local notice = notices.live(problem, answer)
            if notice and notice ~= told then
              notices.tell(notice)
            end
            told = notice
            items = answer and require('magray.hits').items(answer) or {}
            for _, line in ipairs(lines_of(items)) do
              add(line)
            end
            finish()
          end)
        end)
      end
    end,
    options_of(options, function()
      return items
    end)
  )
end

return M
