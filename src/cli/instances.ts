// zaplog instances …: accounts from the command line, with the QR code in the terminal.
import { CallFailed, callApi, runVerb } from './call-api.ts'
import { textTable } from './text-table.ts'

type Instance = { id: string; name: string; state: string; reasonText: string | null; stateAt: string; phone: string | null }
type Json = { json?: boolean }

const at = (id: string, rest = '') => `/v1/instances/${encodeURIComponent(id)}${rest}`

export const listInstances = (options: Json) =>
  runVerb(async () => {
    const all: Instance[] = []
    for (let path: string | null = '/v1/instances?limit=200'; path !== null; ) {
      const page = (await callApi({ method: 'GET', path })) as { data: Instance[]; nextCursor: string | null }
      all.push(...page.data)
      path = page.nextCursor === null ? null : `/v1/instances?limit=200&cursor=${encodeURIComponent(page.nextCursor)}`
    }
    if (options.json) return JSON.stringify(all)
    return textTable(
      ['id', 'name', 'state', 'since', 'phone', 'why'],
      all.map(one => [one.id, one.name, one.state, one.stateAt, one.phone ?? '', one.reasonText ?? '']),
    )
  })

export const showInstance = (id: string, options: Json) =>
  runVerb(async () => JSON.stringify(await callApi({ method: 'GET', path: at(id) }), null, options.json ? 0 : 2))

export const createInstance = (options: Json & { name: string; id?: string; qr: boolean }) =>
  runVerb(async () => {
    const body = { name: options.name, ...(options.id === undefined ? {} : { id: options.id }) }
    const instance = (await callApi({ method: 'POST', path: '/v1/instances', body })) as Instance
    if (options.json) return JSON.stringify(instance)
    process.stderr.write(`created ${instance.id}\n`)
    if (options.qr) await followQr(instance.id)
    return options.qr ? null : instance.id
  })

export const showQr = (id: string) =>
  runVerb(async () => {
    await followQr(id)
    return null
  })

export const restartInstance = (id: string) => post(id, '/restart', 'restarting')
export const logOutInstance = (id: string) => post(id, '/logout', 'logging out')
export const deleteInstance = (id: string) =>
  runVerb(async () => {
    await callApi({ method: 'DELETE', path: at(id) })
    return `deleting ${id}`
  })

const post = (id: string, verb: string, said: string) =>
  runVerb(async () => {
    await callApi({ method: 'POST', path: at(id, verb) })
    return `${said} ${id}`
  })

/** Prints each code once, until the phone has scanned one. */
async function followQr(id: string): Promise<void> {
  for (let shown = ''; ; ) {
    const next = await nextCode(id)
    if (next === 'paired') {
      process.stdout.write(`${id} is paired\n`)
      return
    }
    if (next === null || next.qr === shown) continue
    shown = next.qr
    process.stdout.write(
      `\n${await drawQr(next.qr)}\nOn the phone: WhatsApp > Linked devices > Link a device. Valid until ${next.expiresAt}.\n`,
    )
  }
}

async function nextCode(id: string): Promise<{ qr: string; expiresAt: string } | 'paired' | null> {
  try {
    return (await callApi({ method: 'GET', path: at(id, '/qr?wait=20') })) as { qr: string; expiresAt: string }
  } catch (error) {
    if (!(error instanceof CallFailed) || error.status !== 409) throw error
    const instance = (await callApi({ method: 'GET', path: at(id) })) as Instance
    if (instance.state === 'open') return 'paired'
    if (instance.state === 'closed' || instance.state === 'logged-out')
      throw new CallFailed(
        `${id} is ${instance.state}: ${instance.reasonText ?? 'no reason given'}; zaplog instances restart ${id} tries again`,
      )
    return null
  }
}

export async function drawQr(text: string): Promise<string> {
  const { toString: draw } = await import('qrcode')
  return draw(text, { type: 'terminal', small: true })
}
