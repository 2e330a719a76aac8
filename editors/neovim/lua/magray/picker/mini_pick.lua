--- mini.pick.

---@type magray.Picker
local M = { module = 'mini.pick' }

local function preview(bufnr, item)
  local lines, line, filetype = require('magray.hits').preview(item, vim.o.lines)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].filetype = filetype
  pcall(vim.api.nvim_buf_set_extmark, bufnr, vim.api.nvim_create_namespace('magray-preview'), line - 1, 0, {
    line_hl_group = 'CursorLine',
  })
end

local function named(title, notice)
  return notice and ('%s (%s)'):format(title, notice) or title
end

local function source_of(options, more)
  local pick = require('mini.pick')
  return vim.tbl_extend('force', {
    name = named(options.title, options.notice),
    show = function(bufnr, items, query)
      pick.default_show(bufnr, items, query, { show_icons = false })
    end,
    preview = preview,
    choose = function(item)
      local target = (pick.get_picker_state() or { windows = {} }).windows.target
      vim.schedule(function()
        if target and vim.api.nvim_win_is_valid(target) then
          vim.api.nvim_set_current_win(target)
        end
        require('magray.hits').open(item)
      end)
    end,
    choose_marked = function(items)
      vim.schedule(function()
        require('magray.hits').to_quickfix(items, options.title)
      end)
    end,
  }, more)
end

function M.pick(items, options)
  require('mini.pick').start({ source = source_of(options, { items = items }) })
end

function M.live(live, options)
  local pick = require('mini.pick')
  local asked
  pick.start({
    source = source_of(options, {
      items = {},
      match = function(_, _, query)
        local tick = pick.get_querytick()
        if asked == tick then
          return
        end
        asked = tick
        live:ask(table.concat(query), function(problem, answer, final)
          if not pick.is_picker_active() then
            return
          end
          if final then
            local name = named(options.title, require('magray.notices').live(problem, answer))
            pick.set_picker_opts({ source = { name = name } })
          end
          pick.set_picker_items(
            answer and require('magray.hits').items(answer) or {},
            { do_match = false, querytick = tick }
          )
        end)
      end,
    }),
  })
  live:stop()
end

return M
