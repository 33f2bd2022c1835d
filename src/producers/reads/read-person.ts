// What a person says of themselves, and what a business does.
import type { SaidOf } from '../../instances/socket-answers.ts'
import type { Acting } from '../socket/acting.ts'

export async function readAbout(acting: Acting, jid: string): Promise<SaidOf<'about'>> {
  const [found] = (await acting.fetchStatus(jid)) ?? []
  if (found === undefined) throw new Error('asking what somebody says of themselves: expected an answer of WhatsApp, got none')
  const { status } = found
  const { status: about, setAt }: { status?: unknown; setAt?: unknown } =
    typeof status === 'object' && status !== null ? status : {}
  return { about: typeof about === 'string' && about !== '' ? about : null, setAt: instantOf(setAt) }
}

/** WhatsApp says 0 where it says nothing. */
const instantOf = (said: unknown): string | null => (said instanceof Date && said.getTime() > 0 ? said.toISOString() : null)

export async function readBusiness(acting: Acting, jid: string): Promise<SaidOf<'business'>> {
  const found = await acting.getBusinessProfile(jid)
  const { description, category, address, email, website = [] } = found ?? {}
  return {
    isBusiness: Boolean(found),
    ...{ description: description || null, category: category ?? null, address: address ?? null, email: email ?? null },
    websites: website.filter(one => one !== ''),
  }
}
