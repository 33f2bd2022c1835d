// Whether a zaplog has pages for browsers: one that serves its API alone, or behind a proxy that lets nothing else pass, is sent nobody to.
import type { ApiSettings } from './api-settings.ts'

/** Never rejects: what does not answer in time has none to be sent to. */
export async function hasConsole({ base }: Pick<ApiSettings, 'base'>): Promise<boolean> {
  try {
    const headers = { accept: 'text/html' }
    const response = await fetch(`${base}/`, { headers, redirect: 'manual', signal: AbortSignal.timeout(LOOK_FOR_MS) })
    await response.body?.cancel()
    return response.ok && /^text\/html\b/.test(response.headers.get('content-type') ?? '')
  } catch {
    return false // the calls that matter say what is wrong
  }
}

const LOOK_FOR_MS = 2_000
