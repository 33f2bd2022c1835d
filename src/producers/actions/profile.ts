// What is done about the account itself. To do any of it twice is to do it once.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { type PrivacySetting, privacyCategories } from '../../events/operations/profile.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { ask } from './ask.ts'
import { demandKey, patchAppState } from './patch-app-state.ts'
import { setPicture } from './set-picture.ts'
import { afterSteps, takeSteps } from './take-steps.ts'

const change: Action<BodyOf<'profile.change'>> = {
  pace: 'changes',
  perform: async (acting, { name, about }, at) => {
    if (name !== undefined) demandKey(acting)
    await takeSteps([
      ...(about === undefined ? [] : [{ name: 'about', take: () => acting.updateProfileStatus(about) }]),
      ...(name === undefined ? [] : [{ name: 'name', take: () => patchAppState(acting, namePatch(name, at)) }]),
    ])
    return null
  },
  afterSilence: 'again',
}

/** As phones write it (whatsmeow appstate/encode.go, BuildSettingPushName). */
const namePatch = (name: string, at: number) => ({
  type: 'critical_block' as const,
  apiVersion: 1,
  index: ['setting_pushName'],
  syncAction: { pushNameSetting: { name }, timestamp: at },
  operation: proto.SyncdMutation.SyncdOperation.SET,
})

const picture: Action<BodyOf<'profile.picture'>> = {
  pace: 'changes',
  perform: async (acting, body) => {
    const image = body.picture === null ? null : Buffer.from(body.picture, 'base64')
    return { pictureId: await setPicture(acting, { image }) }
  },
  afterSilence: 'again',
}

/** What came of it is what WhatsApp says then. */
const privacy: Action<BodyOf<'privacy.change'>> = {
  pace: 'changes',
  perform: async (acting, body) => {
    const { defaultExpiresInSeconds: seconds } = body
    const changed = await takeSteps([
      ...settingsIn(body).map(([name, value]) => ({ name, take: () => setCategory(acting, name, value) })),
      ...(seconds === undefined ? [] : [{ name: 'defaultExpiresInSeconds', take: () => setTimer(acting, seconds) }]),
    ])
    return {
      ...(await afterSteps(changed, privacyOf(acting))),
      ...(seconds !== undefined && { defaultExpiresInSeconds: seconds }),
    }
  },
  afterSilence: async (acting, body) => {
    // To set it twice is to set it once, which costs no more than to read it back.
    if (body.defaultExpiresInSeconds !== undefined) return { isDone: false }
    const now = await privacyOf(acting)
    return settingsIn(body).every(([setting, value]) => now[setting] === value)
      ? { isDone: true, result: now }
      : { isDone: false }
  },
}

const settings = Object.keys(privacyCategories) as PrivacySetting[]

const settingsIn = (body: BodyOf<'privacy.change'>): readonly (readonly [PrivacySetting, string])[] =>
  settings.flatMap(setting => {
    const value = body[setting]
    return value === undefined ? [] : [[setting, value] as const]
  })

function setCategory(acting: Acting, setting: PrivacySetting, value: string): Promise<BinaryNode> {
  const category = { tag: 'category', attrs: { name: privacyCategories[setting].category, value } }
  const privacy = { tag: 'privacy', attrs: {}, content: [category] }
  return ask(acting, { tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'privacy' }, content: [privacy] })
}

/** As Baileys' updateDefaultDisappearingMode (lib/Socket/chats.js). */
function setTimer(acting: Acting, seconds: number): Promise<BinaryNode> {
  const content = [{ tag: 'disappearing_mode', attrs: { duration: String(seconds) } }]
  return ask(acting, { tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'disappearing_mode' }, content })
}

/** null: WhatsApp does not say. Rejects as Baileys does. */
export async function privacyOf(acting: Acting): Promise<Record<PrivacySetting, string | null>> {
  const said = await acting.fetchPrivacySettings(true)
  const seenOf = (setting: PrivacySetting) => said[privacyCategories[setting].category] ?? null
  return {
    ...{ lastSeen: seenOf('lastSeen'), online: seenOf('online'), picture: seenOf('picture'), about: seenOf('about') },
    ...{ readReceipts: seenOf('readReceipts'), groupsAdd: seenOf('groupsAdd'), callsAdd: seenOf('callsAdd') },
  }
}

export const profileActions = { 'privacy.change': privacy, 'profile.change': change, 'profile.picture': picture }
