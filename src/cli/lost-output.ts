// Output that nobody takes (a closed terminal, a pipe that its reader left) ends no work: what is written there is dropped.

const lost = new Set(['EIO', 'EPIPE'])

/** Aborts when stdout or stderr turn out to be lost. Called once, first: until then, writing to one of them may end the process. */
export function watchOutput(): AbortSignal {
  const gone = new AbortController()
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => {
      if (!('code' in error && lost.has(String(error.code)))) throw error
      gone.abort()
    })
  return gone.signal
}

/** For log lines: on stderr, whose loss watchOutput takes. */
export const logOutput = { write: (line: string): void => void process.stderr.write(line) }
