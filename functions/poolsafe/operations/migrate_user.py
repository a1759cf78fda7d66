"""One user who signs in, or has forgotten the password, and whom the target does not know yet.

    the source says whether the password is right            (a challenge is no sign-in: domain/migration)
    AdminGetUser: who they are there, and whether they may come along
    nobody of the target may lose a name by it
    their groups are written down for the token trigger, which runs when the user is there

Reads the source and the target, and writes one small object. May run three times for one sign-in: it ends in the same.
What it does not promise: Cognito creates the user after the answer, and may still refuse; the record then waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.first_sign_in.deferred import DeferredUser, deferred_key_of_sub, pseudonym
from ..domain.migration.carried_user import MAX_USERNAME, CarriedUser, Carrier, NotCarried, Why
from ..domain.migration.password_answer import PasswordAnswer, Verdict
from ..domain.migration.settings import OnMfa
from ..domain.records import User
from ..domain.target import OFF, ON
from ..errors import NotFound, PoolNotFound
from ..ports import ObjectStore, PasswordCheck, UserPool
from .hurry import Hurry


@dataclass(frozen=True, slots=True)
class MigrateUser:
    """Everything raises NotCarried for who stays behind, and PoolNotFound, AccessDenied or Retryable for a source that
    does not answer."""

    carrier: Carrier
    passwords: PasswordCheck
    source: UserPool
    target: UserPool
    store: ObjectStore
    hurry: Hurry

    def with_password(self, typed: str, password: str) -> CarriedUser:
        """Whoever types the password of the source."""
        _require_name(typed)
        if not password:
            raise NotCarried(Why.MALFORMED)
        on_mfa = self.carrier.settings.on_mfa
        if on_mfa is OnMfa.REFUSE:
            self._refuse_challenged(typed)
        answer = self.hurry(lambda: self.passwords.answer(typed, password))
        must_reset = _must_reset(answer, on_mfa)
        user = self._user(typed)
        return self._standing(typed, user, must_reset, may_be_new=answer.is_temporary_password)

    def with_forgotten_password(self, typed: str) -> CarriedUser:
        """Whoever asks for a new password: nothing is known of them but that they know the name."""
        _require_name(typed)
        user = self._user(typed)
        return self._standing(typed, user, must_reset=True, may_be_new=False)

    def _refuse_challenged(self, typed: str) -> None:
        """Asked before the password, so that the source sends no code for a sign-in that is refused. Where MFA is
        required, who never chose a second factor is asked for one all the same."""
        if self.carrier.source.mfa_mode == ON:
            raise NotCarried(Why.CHALLENGE)
        if self.carrier.source.mfa_mode != OFF:
            user = self._user(typed)
            if user.mfa_methods:
                raise self._of(user, NotCarried(Why.CHALLENGE))

    def _of(self, user: User, refused: NotCarried) -> NotCarried:
        """With what a log may call the user."""
        original_sub = self.carrier.original_sub(user)
        refused.user = pseudonym(self.carrier.settings.target_user_pool_id, original_sub)
        return refused

    def _user(self, typed: str) -> User:
        try:
            return self.hurry(lambda: self.source.get_user(typed))
        except NotFound as error:
            if error.code == "ResourceNotFoundException":
                raise PoolNotFound(f"{self.source.user_pool_id} is not there any more.") from error
            raise NotCarried(Why.UNKNOWN) from error

    def _standing(self, typed: str, user: User, must_reset: bool, *, may_be_new: bool) -> CarriedUser:
        try:
            self.carrier.require_standing(user, may_be_new=may_be_new)
            return self._carried(typed, user, must_reset)
        except NotCarried as refused:
            raise self._of(user, refused) from None

    def _carried(self, typed: str, user: User, must_reset: bool) -> CarriedUser:
        carried = self.carrier.carried(typed, user, must_reset=must_reset)
        for address in self.carrier.addresses_that_name(typed, carried):
            self._require_free(address, carried)
        known = self.hurry(lambda: self.source.groups_of(user.username))
        # Cognito makes the group of a provider's users itself.
        made_by_it = f"{self.source.user_pool_id}_"
        groups = tuple(group.group_name for group in known if not group.group_name.startswith(made_by_it))
        if groups:
            self._defer(carried, groups)
        return carried

    def _require_free(self, address: str, carried: CarriedUser) -> None:
        try:
            found = self.hurry(lambda: self.target.get_user(address))
        except NotFound:
            return
        if not self.carrier.is_same(carried, found):
            raise NotCarried(Why.TAKEN)

    def _defer(self, carried: CarriedUser, groups: tuple[str, ...]) -> None:
        key = deferred_key_of_sub(self.carrier.settings.target_user_pool_id, carried.original_sub)
        record = DeferredUser(carried.username or "", carried.original_sub, True, groups, {})
        self.hurry(lambda: self.store.put(key, record.to_json()))


def _require_name(typed: str) -> None:
    if not typed or len(typed) > MAX_USERNAME:
        raise NotCarried(Why.MALFORMED)


def _must_reset(answer: PasswordAnswer, on_mfa: OnMfa) -> bool:
    """Whether the user has to choose a new password. A temporary one never stays: somebody else knows it."""
    if answer.verdict is Verdict.RIGHT:
        return False
    if answer.verdict is Verdict.LOCKED_OUT:
        raise NotCarried(Why.LOCKED_OUT)
    if answer.verdict is Verdict.WRONG:
        raise NotCarried(Why.WRONG_PASSWORD)
    if on_mfa is OnMfa.REFUSE or not (answer.is_second_factor or answer.is_temporary_password):
        raise NotCarried(Why.CHALLENGE)
    return answer.is_temporary_password or on_mfa is OnMfa.RESET
