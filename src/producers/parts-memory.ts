// An instance's memory of appended parts outlives its sockets; it is loaded once, through whichever auth state is the newest.
import { type AppendedPart, type AppendedParts, appendedPartsType, createAppendedParts } from './appended-parts.ts'
import type { AuthState } from './auth-state.ts'

export function openPartsMemory(): { through(auth: Pick<AuthState, 'readAll'>): AppendedParts } {
  let newest: Pick<AuthState, 'readAll'> | null = null
  const parts = createAppendedParts(async () => {
    const stored = (await newest?.readAll(appendedPartsType)) ?? new Map<string, string>()
    return [...stored.values()].map((text): AppendedPart => JSON.parse(text))
  })
  return {
    through: auth => {
      newest = auth
      return parts
    },
  }
}
