--- snacks.nvim.

---@type magray.Picker
local M = { module = 'snacks' }

local function entry(item, index)
  return {
    idx = index,
    score = 0,
    text = item.text,
    file = item.filename,
    pos = { item.lnum, item.col - 1 },
    item = item,
  }
end

local function named(title, notice)
  return notice and ('%s (%s)'):format(title, notice) or title
end

local function options_of(options, more)
  return vim.tbl_extend('force', {
    title = named(options.title, options.notice),
    format = function(chosen)
      return { { chosen.item.text } }
    end,
    preview = function(context)
      local item = context.item.item
      local lines, line, filetype = require('magray.hits').preview(item, 200)
      context.preview:reset()
      context.preview:set_title(require('magray.hits').name(item.hit))
      context.preview:set_lines(lines)
      context.preview:highlight({ ft = filetype })
      pcall(vim.api.nvim_win_set_cursor, context.win, { line, 0 })
    end,
    confirm = function(picker, chosen, action)
      picker:close()
      if chosen then
        local how = action and action.cmd
        require('magray.hits').open(chosen.item, how)
      end
    end,
    sort = { fields = { 'idx' } },
    matcher = { sort_empty = false },
  }, more)
end

function M.pick(items, options)
  local entries = {}
  for index, item in ipairs(items) do
    entries[index] = entry(item, index)
  end
  require('snacks').picker.pick(options_of(options, { items = entries }))
end

function M.live(live, options)
  local latest ---@type table?
  require('snacks').picker.pick(options_of(options, {
    live = true,
    supports_live = true,
    finder = function(_, context)
      local query = context.filter.search
      local run = {}
      return function(add)
        local done = false
        latest = run
        -- A run hears that it was aborted only after the next one has begun.
        context.async:on('abort', function()
          if latest == run then
            latest = nil
            live:stop()
          end
        end)
        vim.schedule(function()
          if latest ~= run then
            return
          end
          live:ask(query, function(problem, answer, final)
            if not final then
              return
            end
            for index, item in ipairs(answer and require('magray.hits').items(answer) or {}) do
              add(entry(item, index))
            end
            context.picker.title = named(options.title, require('magray.notices').live(problem, answer))
            context.picker:update_titles()
            done = true
            context.async:resume()
          end)
        end)
        if not done then
          context.async:suspend()
        end
      end
    end,
  }))
end

return M
