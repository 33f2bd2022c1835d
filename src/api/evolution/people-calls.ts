// /chat: what WhatsApp says of numbers and people, asked through the account as our own reads do.
import { z } from 'zod'
import { personId } from '../../events/command-bodies/addresses.ts'
import { defaultMaxAgeSeconds, type SocketRead, socketAnswers } from '../../instances/socket-answers.ts'
import { phoneNumber } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { Problem } from '../problems.ts'
import { askNumbers, askOne } from '../reads/ask-one.ts'
import { type EvolutionDeps, type Given, routeCall } from './evolution-call.ts'

const ofPerson = z.object({ number: personId })
type OfPerson = Given<z.infer<typeof ofPerson>, unknown>

export function routePeopleCalls(scope: App, deps: EvolutionDeps): void {
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/whatsappNumbers' },
    body: z.object({ numbers: z.array(phoneNumber).min(1).max(50) }),
    answer: async ({ instanceId, body: { numbers }, reply }) => {
      const found = await askNumbers(deps, reply, { instanceId, numbers, maxAgeSeconds: defaultMaxAgeSeconds.number })
      return found.map(({ number, onWhatsApp, id, pn }) => ({
        ...{ exists: onWhatsApp, jid: pn ?? `${number}@s.whatsapp.net`, number },
        ...(id?.endsWith('@lid') === true && { lid: id }),
      }))
    },
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/fetchProfilePictureUrl', body: ofPerson },
    answer: async call => ({ wuid: call.body.number, profilePictureUrl: await pictureOf(deps, call) }),
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/fetchBusinessProfile', body: ofPerson },
    answer: async call => {
      const { websites, description, category, address, email, isBusiness } = await businessOf(deps, call)
      const wuid = call.body.number
      return isBusiness ? { wuid, isBusiness, description, category, address, email, website: websites } : { wuid, isBusiness }
    },
  })
  routeCall(scope, { ...{ method: 'POST', path: 'chat/fetchProfile', body: ofPerson }, answer: call => profileOf(deps, call) })
}

/** As far as the account may see it. */
async function profileOf(deps: EvolutionDeps, call: OfPerson) {
  const wuid = call.body.number
  const unknown = { name: null, picture: null, status: null, email: null, description: null, website: null }
  if (!(await isOnWhatsApp(deps, call))) return { wuid, numberExists: false, isBusiness: false, ...unknown }
  const [picture, { about, setAt }, { isBusiness, email, description, websites }] = await Promise.all([
    pictureOf(deps, call),
    askOne(deps, call.reply, questionOf('about', call), socketAnswers.about),
    businessOf(deps, call),
  ])
  const status = about === null ? null : { status: about, setAt }
  return { ...unknown, wuid, numberExists: true, picture, status, isBusiness, email, description, website: websites[0] ?? null }
}

/** Whoever has a LID is. */
async function isOnWhatsApp(deps: EvolutionDeps, { instanceId, body: { number }, reply }: OfPerson): Promise<boolean> {
  const [digits = '', server] = number.split('@')
  if (server !== 's.whatsapp.net') return true
  const of = { instanceId, numbers: [digits], maxAgeSeconds: defaultMaxAgeSeconds.number }
  const [found] = await askNumbers(deps, reply, of)
  return found?.onWhatsApp === true
}

const questionOf = (kind: SocketRead, { instanceId, body: { number } }: OfPerson) => ({
  ...{ kind, instanceId, subject: number, maxAgeSeconds: defaultMaxAgeSeconds[kind] },
})

const businessOf = (deps: EvolutionDeps, call: OfPerson) =>
  askOne(deps, call.reply, questionOf('business', call), socketAnswers.business)

/** null: there is none, or the account may not see it. */
async function pictureOf(deps: EvolutionDeps, call: OfPerson): Promise<string | null> {
  try {
    return (await askOne(deps, call.reply, questionOf('picture', call), socketAnswers.picture)).url
  } catch (error) {
    if (error instanceof Problem && (error.code === 'picture-not-found' || error.code === 'not-shown')) return null
    throw error
  }
}
