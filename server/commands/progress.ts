/** Progress for people, on stderr: a bar that redraws itself on a terminal, a line each tenth elsewhere. */
export function openProgress(quiet: boolean): {
  progress(done: number, total: number, label: string): void
  end(): void
} {
  const { stderr } = process
  let lastTenth = -1
  let drawn = false
  return {
    progress(done, total, label) {
      if (quiet) return
      const part = total > 0 ? Math.min(1, done / total) : 0
      if (stderr.isTTY) {
        const full = Math.round(part * WIDTH)
        stderr.write(`\r[${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${Math.round(part * 100)}% ${label}\x1b[K`)
        drawn = true
        return
      }
      const tenth = Math.floor(part * 10)
      if (tenth === lastTenth) return
      lastTenth = tenth
      stderr.write(`${tenth * 10}% ${label}\n`)
    },
    end() {
      if (drawn) stderr.write('\n')
    },
  }
}

const WIDTH = 30
