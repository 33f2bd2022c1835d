// The API reference with try-out; without a key there is nothing to draw it from, and one is asked for.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Failure } from '../call-api.ts'
import { Frame } from '../frame.tsx'
import { get, key } from '../key.ts'
import { KeyForm } from '../key-form.tsx'
import { say } from '../language.ts'
import { EVERY_MS, openServerPoll } from '../reach.ts'
import { drawReference } from './draw-reference.ts'

export function ReferencePage() {
  return <Frame at="reference">{key.value === null ? <KeyForm /> : <Reference />}</Frame>
}

type Drawn = Failure | { kind: 'answer'; isDrawn: boolean }

function Reference() {
  const place = useRef<HTMLDivElement>(null)
  /** What draws it did not come: an update of zaplog has taken it away, or it is on its way back. */
  const isStuck = useSignal(false)
  useEffect(() => {
    const poll = openServerPoll<Drawn>({
      asker: 'description',
      ask: async signal => {
        const outcome = await get('/openapi.json', signal)
        return outcome.kind === 'answer'
          ? { kind: 'answer', isDrawn: await drawInto(place.current, outcome.body, signal) }
          : outcome
      },
      answered: outcome => {
        if (outcome.kind !== 'answer') return EVERY_MS
        isStuck.value = !outcome.isDrawn
        if (outcome.isDrawn) poll.close()
        return DRAW_AGAIN_EVERY_MS
      },
    })
    return poll.close
  }, [])
  return (
    <>
      {isStuck.value && (
        <p role="alert" class="panel">
          {say('referenceStuck')}{' '}
          <button type="button" onClick={() => location.reload()}>
            {say('reload')}
          </button>
        </p>
      )}
      <div ref={place} />
    </>
  )
}

const DRAW_AGAIN_EVERY_MS = 10_000

/** Whether it is drawn. */
async function drawInto(place: HTMLElement | null, description: unknown, signal: AbortSignal): Promise<boolean> {
  if (place === null) return false
  try {
    await drawReference(description, place, signal)
    return true
  } catch {
    return false // said on the page
  }
}
