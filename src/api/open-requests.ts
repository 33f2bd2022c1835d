// The requests that a listener has not finished yet, so that it can be taken away without cutting them.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

export type OpenRequests = {
  serve(request: IncomingMessage, response: ServerResponse): void
  /** Resolves when all have ended; those still open after graceMs are cut. */
  end(graceMs: number): Promise<void>
}

export function openRequests(listener: RequestListener): OpenRequests {
  const open = new Set<ServerResponse>()
  let ended: (() => void) | null = null

  return {
    serve: (request, response) => {
      open.add(response)
      response.once('close', () => {
        open.delete(response)
        if (open.size === 0) ended?.()
      })
      listener(request, response)
    },
    end: async graceMs => {
      if (open.size === 0) return
      for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close')
      const cut = setTimeout(() => {
        for (const response of open) response.destroy()
      }, graceMs)
      await new Promise<void>(resolve => {
        ended = resolve
      })
      clearTimeout(cut)
    },
  }
}
