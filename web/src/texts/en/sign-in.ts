/** Texts of signing in, and of sessions that end. */
export const signIn = {
  title: 'Sign in',
  hint: 'With an admin key you see every tenant; with a tenant’s key, that tenant.',
  key: 'API key',
  submit: 'Sign in',
  whereTitle: 'Where is my key?',
  where:
    'The command npm start prints a link that signs in; tidings sign-in prints a new one, on the machine of the service. An operator makes a tenant’s keys under Settings.',
  endedTitle: 'Your session has ended',
  endedHint: 'Sign in again to go on. What you typed is still here.',
  signedOut: 'You are signed out.',
  portalEndedTitle: 'This session has ended',
  portalEndedHint:
    'Open the portal again from where you got its link. What you typed stays here while this page is open.',
  portalNoLinkTitle: 'Open the portal from your product',
  portalNoLinkHint:
    'This page needs a link that your provider makes for you. Go back there and open the webhook settings again.',
  portalCodeFailedTitle: 'This link cannot be used any more',
  portalCodeFailedHint:
    'A link works once, and only for a while. Go back to where you got it and open the webhook settings again.',
  returnTo: 'Go back',
};
