// Takes this device off the account's list at WhatsApp before its credentials are erased: without them it would stay there for good.
// One connection of its own, which fetches no lists, and nothing said about it: whoever asked for the end hears only whether it worked.
import { BufferJSON } from '@whiskeysockets/baileys'
import { SealError } from '../../runtime/seal.ts'
import { wait } from '../../runtime/wait.ts'
import { openAuthRows } from '../auth/auth-rows.ts'
import type { Closed } from '../socket/open-socket.ts'
import { SocketEnded } from '../socket-life.ts'
import { openSession, type SessionDeps, type SessionOf } from './session.ts'

type Of = Omit<SessionOf, 'tell' | 'fetchesLists'>

/** From the connect to the login. */
const loginMs = 30_000
/** WhatsApp does not know the device, or no longer does. */
const loggedOut = 401

/** null: it is not on the list; otherwise why it may still be there. Rejects where that is no answer, and has to be asked again. */
export async function unlinkDevice(deps: SessionDeps, of: Of, signal: AbortSignal): Promise<string | null> {
  try {
    return (await isLinked(deps, of)) ? await logOut(deps, of, signal) : null
  } catch (error) {
    if (error instanceof SealError) return 'the stored credentials do not open with this ENCRYPTION_KEY'
    throw error
  }
}

async function isLinked(deps: SessionDeps, { epoch: { instanceId, epoch } }: Of): Promise<boolean> {
  const stored = await openAuthRows(deps, { instanceId, epoch }).readCreds()
  return stored !== null && Boolean(JSON.parse(stored, BufferJSON.reviver).account)
}

async function logOut(deps: SessionDeps, of: Of, signal: AbortSignal): Promise<string | null> {
  const { socketLife, instanceId } = of.epoch
  const opened = Promise.withResolvers<null>()
  const tell: SessionOf['tell'] = async ({ state }) => {
    if (state === 'open') opened.resolve(null)
  }
  const session = await openSession(deps, { ...of, tell, fetchesLists: false })
  const decided = new AbortController()
  const late = wait(loginMs, AbortSignal.any([signal, decided.signal]))
  const early = await Promise.race([opened.promise, session.closed, late])
  decided.abort()
  if (early === null) await session.logout()
  else await session.close()
  const closed = await session.closed
  await session.idle()
  const own = socketLife.ownReason()
  if (own === 'log-unavailable' || own === 'lock-lost' || own === 'fenced' || signal.aborted)
    throw new SocketEnded(`instance ${instanceId} was not unlinked: ${own ?? 'something else is wanted'}`)
  return early === true ? `WhatsApp did not let it in within ${loginMs / 1000} s` : answer(early || closed)
}

const answer = ({ statusCode, message }: Closed): string | null =>
  statusCode === loggedOut ? null : `WhatsApp answered ${statusCode}: ${message}`
