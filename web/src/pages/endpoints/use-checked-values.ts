/** The check of what the API cannot be asked about: a duration that is none cannot be sent as a number. */
import { TidingsError } from '@tidings/client';
import { useTexts } from '../../texts/index.ts';
import { durationsIn } from './durations.ts';
import type { EndpointValues } from './endpoint-values.ts';

/** @returns a function that throws a TidingsError with the field's problem, as if the API had refused it */
export function useCheckedValues(): (values: EndpointValues) => void {
  const { endpointForm } = useTexts();
  return ({ retries, schedule }) => {
    const { problem } = durationsIn(schedule);
    if (retries !== 'own' || problem === null) return;
    const message = endpointForm.scheduleProblem(problem);
    throw new TidingsError(message, {
      status: 422,
      code: 'validation_failed',
      fields: [{ path: 'retry_schedule', message }],
    });
  };
}
