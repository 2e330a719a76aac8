--- telescope.nvim.

---@type magray.Picker
local M = { module = 'telescope' }

local RESULTS = 'Results'

local function entry(item)
  return {
    value = item,
    ordinal = item.text,
    display = item.text,
    filename = item.filename,
    path = item.filename,
    lnum = item.lnum,
    col = item.col,
    text = item.text,
  }
end

local function previewer()
  return require('telescope.previewers').new_buffer_previewer({
    title = 'Preview',
    define_preview = function(self, chosen)
      local lines, line, filetype = require('magray.hits').preview(chosen.value, 200)
      vim.api.nvim_buf_set_lines(self.state.bufnr, 0, -1, false, lines)
      vim.bo[self.state.bufnr].filetype = filetype
      vim.schedule(function()
        if vim.api.nvim_win_is_valid(self.state.winid) then
          pcall(vim.api.nvim_win_set_cursor, self.state.winid, { line, 0 })
        end
      end)
    end,
  })
end

local function open_with(how)
  return function(prompt_bufnr)
    local chosen = require('telescope.actions.state').get_selected_entry()
    require('telescope.actions').close(prompt_bufnr)
    if chosen then
      require('magray.hits').open(chosen.value, how)
    end
  end
end

local function start(finder, options, sorter, on_close)
  local actions = require('telescope.actions')
  local shown = {}
  require('telescope.pickers')
    .new({}, {
      prompt_title = options.title,
      results_title = options.notice,
      finder = finder,
      sorter = sorter,
      previewer = previewer(),
      attach_mappings = function(prompt_bufnr)
        actions.select_default:replace(open_with())
        actions.select_horizontal:replace(open_with('split'))
        actions.select_vertical:replace(open_with('vsplit'))
        actions.select_tab:replace(open_with('tab'))
        shown.prompt = prompt_bufnr
        if on_close then
          vim.api.nvim_create_autocmd(
            'BufWipeout',
            { buffer = prompt_bufnr, once = true, callback = on_close }
          )
        end
        return true
      end,
    })
    :find()
  return shown
end

-- The title of the results says what they lack; where there is none, a line of the screen does.
local function caption(prompt_bufnr, notice)
  local picker = prompt_bufnr and require('telescope.actions.state').get_current_picker(prompt_bufnr)
  local border = picker and picker.results_border
  if border and border.change_title then
    border:change_title(notice or RESULTS)
  elseif notice then
    require('magray.notices').tell(notice)
  end
end

function M.pick(items, options)
  local finder = require('telescope.finders').new_table({ results = items, entry_maker = entry })
  start(finder, options, require('telescope.config').values.generic_sorter({}))
end

function M.live(live, options)
  local shown ---@type { prompt?: integer }?
  local told ---@type string?
  -- A finder is what can be called with the prompt; each result is handed over, in the order of the ranking.
  local finder = setmetatable({
    close = function()
      live:stop()
    end,
  }, {
    __call = function(_, prompt, process_result, process_complete)
      live:ask(prompt, function(problem, answer, final)
        if not final then
          return
        end
        local notice = require('magray.notices').live(problem, answer)
        if notice ~= told then
          told = notice
          caption(shown and shown.prompt, notice)
        end
        for _, item in ipairs(answer and require('magray.hits').items(answer) or {}) do
          if process_result(entry(item)) then
            return
          end
        end
        process_complete()
      end)
    end,
  })
  shown = start(finder, options, require('telescope.sorters').empty(), function()
    live:stop()
  end)
end

return M
