/** Style of our pages: the editor's own colours, light, dark and high contrast. */

export const STYLE = `
body { color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); padding: 0 1.5rem 2rem; }
main { max-width: 60rem; }
h1 { font-size: 1.5em; font-weight: 500; margin: 1.2rem 0 .3rem; }
h2 { font-size: 1.15em; font-weight: 600; margin: 1.6rem 0 .5rem; }
h3 { font-size: 1em; font-weight: 600; margin: 1rem 0 .3rem; }
p { margin: .2rem 0; }
.quiet { color: var(--vscode-descriptionForeground); }
.components { list-style: none; padding: 0; }
.components li { display: flex; gap: .8rem; padding: .5rem 0; border-bottom: 1px solid var(--vscode-widget-border, transparent); }
.badge { flex: none; min-width: 5rem; height: 1.5em; line-height: 1.5em; text-align: center; border-radius: .75em;
  background: var(--vscode-badge-background); color: var(--vscode-badge-foreground); font-size: .85em; }
.warning .badge { background: var(--vscode-statusBarItem-warningBackground); color: var(--vscode-statusBarItem-warningForeground); }
.critical .badge, .fatal .badge { background: var(--vscode-statusBarItem-errorBackground); color: var(--vscode-statusBarItem-errorForeground); }
.hint { color: var(--vscode-descriptionForeground); }
.hint::before { content: "→ "; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .25rem 1.2rem .25rem 0; font-weight: normal; }
th { color: var(--vscode-descriptionForeground); white-space: nowrap; }
.grid th, .grid td { border-bottom: 1px solid var(--vscode-widget-border, rgba(128, 128, 128, .3)); }
`;
