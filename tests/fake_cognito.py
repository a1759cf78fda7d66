"""Fakes of Cognito's control plane, of AWS WAF and of the web: as strict as documented, never kinder.

Requests are checked against botocore's own service model first: a member that Cognito does not know, of a wrong type,
too long, or not of its enum never gets through. What is [API ...] or [DG ...] is said there; the conflicts are those
of Cognito's documentation, which CreateUserPool and its kin refuse with InvalidParameterException.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import cycle
from typing import Any, NoReturn

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

from poolsafe.adapters.aws import translate
from poolsafe.errors import PageTokenRefused, Rejected, ServiceUnavailable, Throttled, Unexpected
from tests.fake_imports import FakeImports, header
from tests.fakes import START, FakeClock, FakeUserPool, nothing_happens

ACCOUNT = "123456789012"
Members = dict[str, Any]

#: The type of each standard attribute [DG user-pool-settings-attributes].
STANDARD = {
    **dict.fromkeys(
        (
            *("address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name"),
            *("nickname", "phone_number", "picture", "preferred_username", "profile", "website", "zoneinfo"),
        ),
        "String",
    ),
    "email_verified": "Boolean",
    "phone_number_verified": "Boolean",
    "updated_at": "Number",
}
MAX_CUSTOM = 50
OWN_SCOPES = frozenset({"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"})
LEGACY_FLOWS = frozenset({"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"})
READ_ONLY_DETAILS = frozenset(
    {"ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI", "attributes_url_add_attributes"}
)
NEEDED_DETAILS: Mapping[str, frozenset[str]] = {
    "SAML": frozenset(),
    "OIDC": frozenset({"client_id", "client_secret", "attributes_request_method", "oidc_issuer", "authorize_scopes"}),
    "SignInWithApple": frozenset({"client_id", "team_id", "key_id", "private_key", "authorize_scopes"}),
    "Facebook": frozenset({"client_id", "client_secret", "authorize_scopes"}),
    "Google": frozenset({"client_id", "client_secret", "authorize_scopes"}),
    "LoginWithAmazon": frozenset({"client_id", "client_secret", "authorize_scopes"}),
}
#: What UpdateUserPool resets a setting to when it is left out, and what CreateUserPool begins with.
DEFAULTS: Mapping[str, Any] = {
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 8,
            "RequireUppercase": True,
            "RequireLowercase": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "TemporaryPasswordValidityDays": 7,
        },
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
    },
    "DeletionProtection": "INACTIVE",
    "LambdaConfig": {},
    "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": []},
    "MfaConfiguration": "OFF",
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
    "UserPoolTags": {},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
}
#: UpdateUserPool keeps these when they are left out.
KEPT = (
    *("Id", "Arn", "Name", "CreationDate", "Domain", "CustomDomain", "SchemaAttributes"),
    *("UsernameAttributes", "AliasAttributes", "UsernameConfiguration", "UserPoolTier"),
)
TIERS = ("LITE", "ESSENTIALS", "PLUS")
#: Operations that change something.
WRITES = ("Create", "Update", "Set", "Add", "Tag", "Delete", "Associate", "Start")


@cache
def service(name: str) -> Any:
    """botocore's model of a service: it takes a while to load."""
    return botocore.session.get_session().get_service_model(name)


def is_write(operation: str) -> bool:
    return operation.startswith(WRITES)


@dataclass
class Secret:
    """One secret of an app client. Cognito tells the value of the first alone."""

    secret_id: str
    value: str


@dataclass
class PoolState:
    """All that the fake keeps of one pool, as its own read operations tell it."""

    description: Members
    mfa: Members = field(default_factory=dict)
    clients: dict[str, Members] = field(default_factory=dict)
    secrets: dict[str, list[Secret]] = field(default_factory=dict)
    providers: dict[str, Members] = field(default_factory=dict)
    resource_servers: dict[str, Members] = field(default_factory=dict)
    ui: dict[str, Members] = field(default_factory=dict)
    branding: dict[str, Members] = field(default_factory=dict)
    terms: dict[str, Members] = field(default_factory=dict)
    risk: dict[str, Members] = field(default_factory=dict)
    log_delivery: list[Members] = field(default_factory=list)
    sessions: dict[str, Members] = field(default_factory=dict)
    replicas: list[Members] = field(default_factory=list)
    users: FakeUserPool | None = None


class FakeService:
    """What the fakes of services have in common: `before`, `calls`, and requests held against botocore's model.

    `before` is run first with the operation's name, and with "after <operation>" once a write took effect; it may
    raise. `unknown` are operations that the SDK in use lacks.
    """

    service_name = ""

    def __init__(
        self,
        region: str = "us-east-1",
        *,
        before: Callable[[str], None] = nothing_happens,
        unknown: frozenset[str] = frozenset(),
        clock: FakeClock | None = None,
    ) -> None:
        self.region = region
        self.before = before
        self.unknown = unknown
        self.clock = clock or FakeClock()
        self.calls: list[tuple[str, Members]] = []

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    @property
    def writes(self) -> list[str]:
        """The writes that took effect, in order."""
        return [operation for operation in self.operations if is_write(operation)]

    def sent(self, operation: str) -> list[Members]:
        """The members of every call of an operation that took effect."""
        return [members for called, members in self.calls if called == operation]

    def knows(self, operation: str) -> bool:
        return (self._has_model(operation) or hasattr(self, _method(operation))) and operation not in self.unknown

    def _has_model(self, operation: str) -> bool:
        """The layer's botocore is newer than that of the tests, which does not know all that it knows."""
        return operation in service(self.service_name).operation_names

    def call(self, operation: str, **members: Any) -> Members:
        if not self.knows(operation):
            raise Unexpected(f"{operation} is not an operation of the boto3 in use.")
        self.before(operation)
        members = copy.deepcopy(members)
        if self._has_model(operation):
            self._check_members(operation, members)
        answer: Members = getattr(self, _method(operation))(**members)
        self.calls.append((operation, members))
        if is_write(operation):
            self.before(f"after {operation}")
        return copy.deepcopy(answer)

    def _check_members(self, operation: str, members: Members) -> None:
        shape = service(self.service_name).operation_model(operation).input_shape
        report = ParamValidator().validate(members, shape)
        assert not report.has_errors(), f"{operation}: {report.generate_report()}"
        for problem in _beyond(shape, members, operation):
            self.refuse(operation, "InvalidParameterException", problem)

    def refuse(self, operation: str, code: str, problem: str = "") -> NoReturn:
        """Raise what the adapter makes of the service's code. `problem` is for who debugs a test."""
        error = translate(operation, code, 400)
        error.add_note(problem)
        raise error


def _method(operation: str) -> str:
    return f"_{xform_name(operation)}"


def _beyond(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What the service checks and botocore's validator does not: enums, the most, and patterns."""
    told = getattr(shape, "metadata", {})
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, inner in value.items():
            if name in shape.members:
                yield from _beyond(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _beyond(shape.member, inner, f"{path}[{position}]")
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _beyond(shape.key, name, f"{path} (key)")
            yield from _beyond(shape.value, inner, f"{path}.{name}")
    size = value if isinstance(value, int) else len(value) if isinstance(value, str | list | Mapping) else 0
    if "max" in told and shape.type_name != "blob" and size > told["max"]:
        yield f"{path} is beyond {told['max']}"
    if "min" in told and size < told["min"]:
        yield f"{path} is below {told['min']}"
    if told.get("enum") and value not in told["enum"]:
        yield f"{path} is not one of {told['enum']}"
    pattern = told.get("pattern")
    # Java's classes of characters are not those of Python; and that of a domain lets no custom domain through.
    if (
        pattern
        and r"\p" not in pattern
        and shape.name != "DomainType"
        and isinstance(value, str)
        and not re.fullmatch(pattern, value)
    ):
        yield f"{path} does not match {pattern}"


class FakeCognito(FakeService):
    """The ServiceApi port of Cognito in one Region, in memory.

    `adopted` are pools made as FakeUserPool: it answers for them from what they were made with; they have no clients
    and nothing else. `imports` are the import jobs of the account; their files come through `web`. `taken` are domains
    of other accounts. Pages have `page_sizes` items in turn, also none.
    """

    service_name = "cognito-idp"

    def __init__(
        self,
        region: str = "us-east-1",
        *,
        adopted: Mapping[str, FakeUserPool] | None = None,
        web: FakeWeb | None = None,
        imports: FakeImports | None = None,
        page_sizes: tuple[int, ...] = (60,),
        max_pools: int = 1000,
        max_clients: int = 1000,
        taken: frozenset[str] = frozenset(),
        **options: Any,
    ) -> None:
        super().__init__(region, **options)
        self.pools: dict[str, PoolState] = {}
        self.adopted = adopted if adopted is not None else {}
        self.web = web or FakeWeb()
        self.imports = imports or FakeImports()
        self.domains: dict[str, Members] = {}
        self.taken = taken
        self.max_pools, self.max_clients = max_pools, max_clients
        self.made = 0
        #: What was done to pools and to their users, in order: the names of all writes.
        self.history: list[str] = []
        self._page_sizes = cycle(page_sizes)
        self._tokens: dict[str, tuple[str, int]] = {}

    # What a test puts in, and what it takes out.

    def put(self, documents: Mapping[str, Any]) -> str:
        """Put a pool in as a snapshot with its secrets tells it, however Cognito came to have it; its id."""
        told: dict[str, Any] = copy.deepcopy({str(name): document for name, document in documents.items()})
        pool = told["user_pool"]
        pool_id: str = pool["Id"]
        state = self.pools[pool_id] = PoolState(pool)
        state.mfa = told.get("mfa") or {"MfaConfiguration": pool.get("MfaConfiguration", "OFF")}
        state.clients = {client["ClientId"]: client for client in told.get("clients", ())}
        for client_id, client in state.clients.items():
            if secret := client.pop("ClientSecret", None):
                state.secrets[client_id] = [Secret(self._name("secret"), secret)]
        state.providers = {provider["ProviderName"]: provider for provider in told.get("identity_providers", ())}
        state.resource_servers = {server["Identifier"]: server for server in told.get("resource_servers", ())}
        for domain in told.get("domains", ()):
            self.domains[domain["Domain"]] = domain
        for entry in told.get("ui_customization", ()):
            content = base64.b64decode(entry.pop("ImageFile", "")) or None
            self._keep_ui(pool_id, entry.get("ClientId", "ALL"), entry.get("CSS"), content)
        for entry in told.get("branding", ()):
            client_id = entry.pop("ClientId")
            state.branding[client_id] = {"ManagedLoginBrandingId": self._uuid(), "UserPoolId": pool_id, **entry}
        for entry in told.get("terms", ()):
            entry = {"TermsId": self._uuid(), "UserPoolId": pool_id, **entry}
            state.terms[entry["TermsId"]] = entry
        state.risk = {entry.get("ClientId", ""): entry for entry in told.get("risk", ())}
        state.log_delivery = (told.get("log_delivery") or {}).get("LogConfigurations", [])
        state.replicas = told.get("replicas", [])
        if "tags" in told:
            pool["UserPoolTags"] = told["tags"]
        return pool_id

    def named(self, pool_name: str) -> list[PoolState]:
        """The pools of that name."""
        return [state for state in self.pools.values() if state.description["Name"] == pool_name]

    def user_pool(self, pool_id: str) -> FakeUserPool:
        """The users of a pool: its schema and its settings are those that it has here."""
        state = self.pools[pool_id]
        if state.users is None:
            state.users = _UsersOf(self, state)
        return state.users

    # Inside.

    def _state(self, operation: str, pool_id: str) -> PoolState:
        if pool_id in self.adopted:
            if is_write(operation):
                raise AssertionError(f"{operation}: {pool_id} was made as a FakeUserPool; put it into FakeCognito")
            return _state_of(self.adopted[pool_id])
        if pool_id not in self.pools:
            self.refuse(operation, "ResourceNotFoundException", pool_id)
        return self.pools[pool_id]

    def _client(self, operation: str, pool_id: str, client_id: str) -> Members:
        state = self._state(operation, pool_id)
        if client_id not in state.clients:
            self.refuse(operation, "ResourceNotFoundException", client_id)
        return state.clients[client_id]

    def _name(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made:06d}"

    def _uuid(self) -> str:
        self.made += 1
        return f"00000000-0000-4000-8000-{self.made:012d}"

    def _now(self) -> str:
        return self.clock.now().isoformat()

    def _page(
        self, listing: str, entries: str, items: list[Any], token: str | None, most: int | None = None
    ) -> Members:
        start = 0
        if token is not None:
            of_listing, start = self._tokens.get(token, ("", 0))
            if of_listing != listing:
                raise PageTokenRefused(f"{listing}: the page token is not of this listing.")
        size = next(self._page_sizes)
        end = start + (size if most is None else min(size, most))
        if end >= len(items):
            return {entries: items[start:]}
        following = f"token-{len(self._tokens)}"
        self._tokens[following] = (listing, end)
        return {entries: items[start:end], "NextToken": following}

    def _done(self, operation: str) -> None:
        self.history.append(operation)

    # The pool itself.

    def _create_user_pool(self, **members: Any) -> Members:
        operation = "CreateUserPool"
        if members.get("UsernameAttributes") and members.get("AliasAttributes"):
            self.refuse(operation, "InvalidParameterException", "UsernameAttributes and AliasAttributes")
        if members.get("MfaConfiguration", "OFF") != "OFF" and not members.get("SmsConfiguration"):
            self.refuse(operation, "InvalidParameterException", "CreateUserPool knows SMS alone")
        settings = self._settings(operation, members)
        schema = _standard_schema()
        self._extend(operation, schema, members.pop("Schema", []), standard=True)
        if len(self.pools) >= self.max_pools:
            self.refuse(operation, "LimitExceededException")
        self.made += 1
        pool_id = f"{self.region}_Made{self.made:05d}"
        description = {
            "Id": pool_id,
            "Arn": f"arn:aws:cognito-idp:{self.region}:{ACCOUNT}:userpool/{pool_id}",
            "Name": members["PoolName"],
            "CreationDate": self._now(),
            "LastModifiedDate": self._now(),
            "SchemaAttributes": list(schema.values()),
            "UserPoolTier": "ESSENTIALS",
            "UsernameConfiguration": {"CaseSensitive": True},
            **{name: members[name] for name in ("UsernameAttributes", "AliasAttributes") if members.get(name)},
            **settings,
        }
        self.pools[pool_id] = PoolState(description, mfa={"MfaConfiguration": description["MfaConfiguration"]})
        self._done(operation)
        return {"UserPool": description}

    def _update_user_pool(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        operation = "UpdateUserPool"
        state = self._state(operation, UserPoolId)
        self._require_no_import(operation, UserPoolId)
        now = state.description
        if members.get("MfaConfiguration", "OFF") != "OFF" and not (members.get("SmsConfiguration") or _factors(state)):
            self.refuse(operation, "InvalidParameterException", "MFA without a factor")
        members.setdefault("UserPoolTier", now.get("UserPoolTier", "ESSENTIALS"))
        if now.get("SmsConfiguration") and not members.get("SmsConfiguration"):
            # SMS cannot be switched off once it is active [DG cognito-user-pool-updating].
            members["SmsConfiguration"] = now["SmsConfiguration"]
        settings = self._settings(operation, members)
        kept = {
            name: now[name] for name in (*KEPT, "Id", "Arn", "CreationDate", "Domain", "CustomDomain") if name in now
        }
        if "PoolName" in members:
            kept["Name"] = members["PoolName"]
        now.clear()
        now.update({**kept, "LastModifiedDate": self._now(), **settings})
        state.mfa["MfaConfiguration"] = now["MfaConfiguration"]
        self._done(operation)
        return {}

    def _settings(self, operation: str, members: Members) -> Members:
        """The mutable settings as DescribeUserPool will tell them; refuses what cannot be together."""

        def conflict(problem: str) -> NoReturn:
            self.refuse(operation, "InvalidParameterException", problem)

        given = {name: value for name, value in members.items() if name not in ("PoolName", "Schema")}
        policy = (given.get("Policies") or {}).get("PasswordPolicy") or {}
        if "UnusedAccountValidityDays" in (given.get("AdminCreateUserConfig") or {}) and (
            "TemporaryPasswordValidityDays" in policy
        ):
            conflict("UnusedAccountValidityDays beside TemporaryPasswordValidityDays")
        template = given.get("VerificationMessageTemplate") or {}
        by_link = template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK"
        for name in ("EmailMessage", "EmailSubject"):
            if template.get(name if by_link else f"{name}ByLink"):
                conflict(f"VerificationMessageTemplate.{name} of the option that is not in use")
        for old, new in (
            ("EmailVerificationMessage", "EmailMessage"),
            ("EmailVerificationSubject", "EmailSubject"),
            ("SmsVerificationMessage", "SmsMessage"),
        ):
            if old in given and (template.get(new) or template.get(f"{new}ByLink")):
                conflict(f"{old} beside VerificationMessageTemplate")
        triggers = given.get("LambdaConfig") or {}
        versioned = triggers.get("PreTokenGenerationConfig") or {}
        if versioned and triggers.get("PreTokenGeneration", versioned["LambdaArn"]) != versioned["LambdaArn"]:
            conflict("PreTokenGeneration is not PreTokenGenerationConfig.LambdaArn")
        if (triggers.get("CustomSMSSender") or triggers.get("CustomEmailSender")) and not triggers.get("KMSKeyID"):
            conflict("a custom sender without KMSKeyID")
        for arn in re.findall(r"arn:aws:lambda:[^']+", str(triggers)):
            if arn.split(":")[3] != self.region:
                conflict("a trigger of another Region")
        email = given.get("EmailConfiguration") or {}
        if email.get("EmailSendingAccount") == "DEVELOPER" and not email.get("SourceArn"):
            conflict("DEVELOPER without SourceArn")
        if any(name.lower().startswith("aws:") for name in given.get("UserPoolTags") or ()):
            self.refuse(operation, "UserPoolTaggingException", "aws: is AWS's own")
        self._tier(operation, given, policy)
        settings = {**copy.deepcopy(dict(DEFAULTS)), **given}
        policies = copy.deepcopy(DEFAULTS["Policies"])
        settings["Policies"] = {**policies, **(given.get("Policies") or {})}
        days = settings["Policies"]["PasswordPolicy"].get("TemporaryPasswordValidityDays")
        if "TemporaryPasswordValidityDays" not in policy and "AdminCreateUserConfig" in given:
            days = given["AdminCreateUserConfig"].get("UnusedAccountValidityDays", 7)
        settings["AdminCreateUserConfig"] = {
            **DEFAULTS["AdminCreateUserConfig"],
            **(given.get("AdminCreateUserConfig") or {}),
            "UnusedAccountValidityDays": days if days is not None else 7,
        }
        told = {"DefaultEmailOption": "CONFIRM_WITH_CODE", **template}
        for old, new in (
            ("EmailVerificationMessage", "EmailMessage"),
            ("EmailVerificationSubject", "EmailSubject"),
            ("SmsVerificationMessage", "SmsMessage"),
        ):
            # Cognito tells both, whichever was set.
            if old in given:
                told[new] = given[old]
            elif new in template:
                settings[old] = template[new]
        settings["VerificationMessageTemplate"] = told
        if versioned:
            settings["LambdaConfig"] = {**triggers, "PreTokenGeneration": versioned["LambdaArn"]}
        return settings

    def _tier(self, operation: str, given: Members, policy: Mapping[str, Any]) -> None:
        tier = TIERS.index(given.get("UserPoolTier", "ESSENTIALS"))
        factors = set(((given.get("Policies") or {}).get("SignInPolicy") or {}).get("AllowedFirstAuthFactors", ()))
        security = (given.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode", "OFF")
        needed = max(2 * (security != "OFF"), bool(factors - {"PASSWORD"}) or bool(policy.get("PasswordHistorySize")))
        if tier < needed:
            self.refuse(operation, "FeatureUnavailableInTierException", f"needs {TIERS[needed]}")
        if given.get("MfaConfiguration") == "ON" and factors & {"EMAIL_OTP", "SMS_OTP"}:
            self.refuse(operation, "InvalidParameterException", "MFA ON excludes EMAIL_OTP and SMS_OTP")

    def _extend(self, operation: str, schema: dict[str, Members], added: list[Members], standard: bool) -> None:
        for told in added:
            entry = dict(told)
            name, kind = entry["Name"], entry.get("AttributeDataType", "String")
            if name in ("sub", "identities"):
                self.refuse(operation, "InvalidParameterException", f"{name} is Cognito's own")
            if standard and name in STANDARD:
                if kind != STANDARD[name] or entry.get("DeveloperOnlyAttribute"):
                    self.refuse(operation, "InvalidParameterException", f"{name} is of another type")
                schema[name] = {**schema[name], **entry, "DeveloperOnlyAttribute": False}
                continue
            developer = bool(entry.get("DeveloperOnlyAttribute"))
            stored = f"{'dev:' if developer else ''}custom:{name}"
            if entry.get("Required") or stored in schema:
                self.refuse(operation, "InvalidParameterException", f"{stored} is required, or there already")
            if kind == "String":
                entry.setdefault("StringAttributeConstraints", {})
            if kind == "Number":
                entry.setdefault("NumberAttributeConstraints", {})
            schema[stored] = {
                "Mutable": True,
                **entry,
                "Name": stored,
                "AttributeDataType": kind,
                "DeveloperOnlyAttribute": developer,
                "Required": False,
            }
        if sum(":" in name for name in schema) > MAX_CUSTOM:
            self.refuse(operation, "InvalidParameterException", "more than fifty custom attributes")

    def _describe_user_pool(self, UserPoolId: str) -> Members:  # noqa: N803
        if UserPoolId in self.adopted:
            return {"UserPool": dict(self.adopted[UserPoolId].describe())}
        state = self._state("DescribeUserPool", UserPoolId)
        users = len(state.users.accounts) if state.users else state.description.get("EstimatedNumberOfUsers", 0)
        return {"UserPool": {**state.description, "EstimatedNumberOfUsers": users}}

    def _list_user_pools(self, MaxResults: int, NextToken: str | None = None) -> Members:  # noqa: N803
        described = [state.description for state in self.pools.values()]
        described += [pool._described() for pool in self.adopted.values()]
        entries = [{"Id": pool["Id"], "Name": pool["Name"]} for pool in described]
        return self._page("ListUserPools", "UserPools", entries, NextToken)

    def _add_custom_attributes(self, UserPoolId: str, CustomAttributes: list[Members]) -> Members:  # noqa: N803
        state = self._state("AddCustomAttributes", UserPoolId)
        self._require_no_import("AddCustomAttributes", UserPoolId)
        schema = {told["Name"]: told for told in state.description["SchemaAttributes"]}
        self._extend("AddCustomAttributes", schema, CustomAttributes, standard=False)
        state.description["SchemaAttributes"] = list(schema.values())
        self._done("AddCustomAttributes")
        return {}

    def _list_tags_for_resource(self, ResourceArn: str) -> Members:  # noqa: N803
        state = self._state("ListTagsForResource", ResourceArn.rpartition("/")[2])
        return {"Tags": state.description.get("UserPoolTags", {})}

    def _list_user_pool_replicas(self, UserPoolId: str, NextToken: str | None = None) -> Members:  # noqa: N803
        state = self._state("ListUserPoolReplicas", UserPoolId)
        return self._page(f"ListUserPoolReplicas {UserPoolId}", "UserPoolReplicas", state.replicas, NextToken)

    def _get_signing_certificate(self, UserPoolId: str) -> Members:  # noqa: N803
        self._state("GetSigningCertificate", UserPoolId)
        return {"Certificate": f"certificate-of-{UserPoolId}"}

    # Imports of users.

    def _users_of(self, operation: str, pool_id: str) -> FakeUserPool:
        if pool_id in self.adopted:
            return self.adopted[pool_id]
        self._state(operation, pool_id)
        return self.user_pool(pool_id)

    def _require_no_import(self, operation: str, pool_id: str) -> None:
        if self.imports.is_importing(pool_id):
            self.refuse(operation, "UserImportInProgressException")

    def _get_csv_header(self, UserPoolId: str) -> Members:  # noqa: N803
        return {"UserPoolId": UserPoolId, "CSVHeader": header(self._users_of("GetCSVHeader", UserPoolId))}

    def _create_user_import_job(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        users = self._users_of("CreateUserImportJob", UserPoolId)
        job = self.imports.create(users, members, self.region, self.clock)
        self.web.puts[job.told["PreSignedUrl"]] = partial(self.imports.take, job, clock=self.clock)
        self._done("CreateUserImportJob")
        return {"UserImportJob": job.told}

    def _start_user_import_job(self, UserPoolId: str, JobId: str) -> Members:  # noqa: N803
        users = self._users_of("StartUserImportJob", UserPoolId)
        told = self.imports.start(users, JobId, self.clock)
        self._done("StartUserImportJob")
        return {"UserImportJob": told}

    def _describe_user_import_job(self, UserPoolId: str, JobId: str) -> Members:  # noqa: N803
        users = self._users_of("DescribeUserImportJob", UserPoolId)
        return {"UserImportJob": self.imports.describe(users, JobId, self.clock)}

    def _list_user_import_jobs(
        self,
        UserPoolId: str,  # noqa: N803
        MaxResults: int,  # noqa: N803
        PaginationToken: str | None = None,  # noqa: N803
    ) -> Members:
        users = self._users_of("ListUserImportJobs", UserPoolId)
        jobs = self.imports.newest_first(users, self.clock)
        page = self._page(f"ListUserImportJobs {UserPoolId}", "UserImportJobs", jobs, PaginationToken, MaxResults)
        if token := page.pop("NextToken", None):
            page["PaginationToken"] = token
        return page

    # MFA.

    def _get_user_pool_mfa_config(self, UserPoolId: str) -> Members:  # noqa: N803
        return self._state("GetUserPoolMfaConfig", UserPoolId).mfa

    def _set_user_pool_mfa_config(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        operation = "SetUserPoolMfaConfig"
        state = self._state(operation, UserPoolId)
        pool, wanted = state.description, members.get("MfaConfiguration", "OFF")
        recovery = (pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms") or []
        factors = set((pool["Policies"].get("SignInPolicy") or {}).get("AllowedFirstAuthFactors", ()))
        if members.get("EmailMfaConfiguration"):
            if pool.get("UserPoolTier") == "LITE":
                self.refuse(operation, "FeatureUnavailableInTierException")
            if pool["EmailConfiguration"].get("EmailSendingAccount") != "DEVELOPER":
                self.refuse(operation, "InvalidParameterException", "e-mail MFA without an SES identity")
            if [mechanism["Name"] for mechanism in recovery] == ["verified_email"]:
                self.refuse(operation, "InvalidParameterException", "e-mail MFA with recovery by e-mail alone")
        if wanted == "ON" and factors & {"EMAIL_OTP", "SMS_OTP"}:
            self.refuse(operation, "InvalidParameterException", "MFA ON excludes EMAIL_OTP and SMS_OTP")
        state_after = PoolState(pool, mfa=dict(members))
        if wanted != "OFF" and not _factors(state_after):
            self.refuse(operation, "InvalidParameterException", "MFA without a factor")
        state.mfa = {"MfaConfiguration": wanted, **members}
        pool["MfaConfiguration"] = wanted
        if sms := (members.get("SmsMfaConfiguration") or {}).get("SmsConfiguration"):
            pool["SmsConfiguration"] = sms
        self._done(operation)
        return state.mfa

    # App clients.

    def _create_user_pool_client(self, UserPoolId: str, ClientName: str, **members: Any) -> Members:  # noqa: N803
        operation = "CreateUserPoolClient"
        state = self._state(operation, UserPoolId)
        secret, generated = members.pop("ClientSecret", None), members.pop("GenerateSecret", False)
        if secret and generated:
            self.refuse(operation, "InvalidParameterException", "ClientSecret with GenerateSecret")
        self._check_client(operation, state, members, has_secret=bool(secret or generated))
        if len(state.clients) >= self.max_clients:
            self.refuse(operation, "LimitExceededException")
        client_id = self._name("client").lower()
        state.clients[client_id] = {
            "UserPoolId": UserPoolId,
            "ClientId": client_id,
            "ClientName": ClientName,
            "CreationDate": self._now(),
            "LastModifiedDate": self._now(),
            **_client_defaults(),
            **members,
        }
        if secret or generated:
            state.secrets[client_id] = [Secret(self._name("secret"), secret or self._name("generated+by+cognito+"))]
        self._done(operation)
        return {"UserPoolClient": self._told_client(state, client_id)}

    def _update_user_pool_client(self, UserPoolId: str, ClientId: str, **members: Any) -> Members:  # noqa: N803
        operation = "UpdateUserPoolClient"
        state, now = self._state(operation, UserPoolId), self._client(operation, UserPoolId, ClientId)
        self._check_client(operation, state, members, has_secret=ClientId in state.secrets)
        kept = {name: now[name] for name in ("UserPoolId", "ClientId", "ClientName", "CreationDate")}
        state.clients[ClientId] = {**_client_defaults(), **kept, "LastModifiedDate": self._now(), **members}
        self._done(operation)
        return {"UserPoolClient": self._told_client(state, ClientId)}

    def _check_client(self, operation: str, state: PoolState, members: Members, has_secret: bool) -> None:
        def conflict(problem: str, code: str = "InvalidParameterException") -> NoReturn:
            self.refuse(operation, code, problem)

        if members.get("RefreshTokenValidity") == 0:
            members["RefreshTokenValidity"] = 30  # "Cognito overrides the value with the default value of 30 days"
        for name in members.get("SupportedIdentityProviders") or ():
            if name != "COGNITO" and name not in state.providers:
                conflict(f"no provider {name}")
        scopes = {
            f"{server['Identifier']}/{scope['ScopeName']}"
            for server in state.resource_servers.values()
            for scope in server.get("Scopes") or ()
        }
        for scope in members.get("AllowedOAuthScopes") or ():
            if scope not in OWN_SCOPES | scopes:
                conflict(scope, "ScopeDoesNotExistException")
        flows = set(members.get("AllowedOAuthFlows") or ())
        if flows and not members.get("AllowedOAuthScopes"):
            conflict("flows without scopes", "InvalidOAuthFlowException")
        if "client_credentials" in flows and (flows != {"client_credentials"} or not has_secret):
            conflict("client_credentials goes alone and with a secret", "InvalidOAuthFlowException")
        if flows & {"code", "implicit"} and not members.get("CallbackURLs"):
            conflict("a flow without CallbackURLs", "InvalidOAuthFlowException")
        if "DefaultRedirectURI" in members and members["DefaultRedirectURI"] not in members.get("CallbackURLs", ()):
            conflict("DefaultRedirectURI is none of CallbackURLs")
        explicit = set(members.get("ExplicitAuthFlows") or ())
        if explicit & LEGACY_FLOWS and explicit - LEGACY_FLOWS:
            conflict("legacy flows beside ALLOW_*")
        if members.get("EnablePropagateAdditionalUserContextData") and not has_secret:
            conflict("EnablePropagateAdditionalUserContextData without a secret")
        attributes = {told["Name"] for told in state.description["SchemaAttributes"]}
        for name in (*(members.get("ReadAttributes") or ()), *(members.get("WriteAttributes") or ())):
            if name not in attributes:
                conflict(f"no attribute {name}")

    def _told_client(self, state: PoolState, client_id: str) -> Members:
        secrets = state.secrets.get(client_id)
        return {**state.clients[client_id], **({"ClientSecret": secrets[0].value} if secrets else {})}

    def _list_user_pool_clients(
        self,
        UserPoolId: str,  # noqa: N803
        MaxResults: int = 60,  # noqa: N803
        NextToken: str | None = None,  # noqa: N803
    ) -> Members:
        state = self._state("ListUserPoolClients", UserPoolId)
        names = ("ClientId", "UserPoolId", "ClientName")
        entries = [{name: client[name] for name in names} for client in state.clients.values()]
        return self._page(f"ListUserPoolClients {UserPoolId}", "UserPoolClients", entries, NextToken)

    def _describe_user_pool_client(self, UserPoolId: str, ClientId: str) -> Members:  # noqa: N803
        self._client("DescribeUserPoolClient", UserPoolId, ClientId)
        return {"UserPoolClient": self._told_client(self.pools[UserPoolId], ClientId)}

    def _list_user_pool_client_secrets(
        self,
        UserPoolId: str,  # noqa: N803
        ClientId: str,  # noqa: N803
        NextToken: str | None = None,  # noqa: N803
    ) -> Members:
        self._client("ListUserPoolClientSecrets", UserPoolId, ClientId)
        secrets = self.pools[UserPoolId].secrets.get(ClientId, [])
        entries = [{"ClientSecretId": one.secret_id, "ClientSecretCreateDate": START.isoformat()} for one in secrets]
        return self._page(f"ListUserPoolClientSecrets {ClientId}", "ClientSecrets", entries, NextToken)

    # Identity providers, resource servers, domains.

    def _create_identity_provider(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        operation, name = "CreateIdentityProvider", members["ProviderName"]
        state = self._state(operation, UserPoolId)
        self._check_provider(operation, state, members["ProviderType"], members)
        if name in state.providers:
            self.refuse(operation, "DuplicateProviderException")
        state.providers[name] = {"UserPoolId": UserPoolId, **members, **self._dates()}
        self._done(operation)
        return {"IdentityProvider": _told_provider(state.providers[name])}

    def _update_identity_provider(self, UserPoolId: str, ProviderName: str, **members: Any) -> Members:  # noqa: N803
        operation = "UpdateIdentityProvider"
        state = self._state(operation, UserPoolId)
        if ProviderName not in state.providers:
            self.refuse(operation, "ResourceNotFoundException")
        now = state.providers[ProviderName]
        self._check_provider(operation, state, now["ProviderType"], members)
        kept = {name: now[name] for name in ("UserPoolId", "ProviderName", "ProviderType")}
        state.providers[ProviderName] = {**kept, **members, **self._dates()}
        self._done(operation)
        return {"IdentityProvider": _told_provider(state.providers[ProviderName])}

    def _check_provider(self, operation: str, state: PoolState, kind: str, members: Members) -> None:
        details = members.get("ProviderDetails") or {}
        attributes = {told["Name"] for told in state.description["SchemaAttributes"]} | {"username"}
        problems = [
            *sorted(READ_ONLY_DETAILS & details.keys()),
            *sorted(NEEDED_DETAILS[kind] - details.keys()),
            *sorted((members.get("AttributeMapping") or {}).keys() - attributes),
        ]
        if kind == "SAML" and not {"MetadataURL", "MetadataFile"} & details.keys():
            problems.append("no metadata")
        if problems:
            self.refuse(operation, "InvalidParameterException", ", ".join(problems))

    def _list_identity_providers(
        self,
        UserPoolId: str,  # noqa: N803
        MaxResults: int = 60,  # noqa: N803
        NextToken: str | None = None,  # noqa: N803
    ) -> Members:
        state = self._state("ListIdentityProviders", UserPoolId)
        names = ("ProviderName", "ProviderType")
        entries = [{name: provider[name] for name in names} for provider in state.providers.values()]
        return self._page(f"ListIdentityProviders {UserPoolId}", "Providers", entries, NextToken)

    def _describe_identity_provider(self, UserPoolId: str, ProviderName: str) -> Members:  # noqa: N803
        state = self._state("DescribeIdentityProvider", UserPoolId)
        if ProviderName not in state.providers:
            self.refuse("DescribeIdentityProvider", "ResourceNotFoundException", ProviderName)
        return {"IdentityProvider": _told_provider(state.providers[ProviderName])}

    def _create_resource_server(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        state = self._state("CreateResourceServer", UserPoolId)
        if members["Identifier"] in state.resource_servers:
            self.refuse("CreateResourceServer", "InvalidParameterException", "is there already")
        return self._keep_resource_server("CreateResourceServer", state, UserPoolId, members)

    def _update_resource_server(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        state = self._state("UpdateResourceServer", UserPoolId)
        if members["Identifier"] not in state.resource_servers:
            self.refuse("UpdateResourceServer", "ResourceNotFoundException")
        return self._keep_resource_server("UpdateResourceServer", state, UserPoolId, members)

    def _keep_resource_server(self, operation: str, state: PoolState, pool_id: str, members: Members) -> Members:
        state.resource_servers[members["Identifier"]] = {"UserPoolId": pool_id, **members}
        self._done(operation)
        return {"ResourceServer": state.resource_servers[members["Identifier"]]}

    def _list_resource_servers(
        self,
        UserPoolId: str,  # noqa: N803
        MaxResults: int = 50,  # noqa: N803
        NextToken: str | None = None,  # noqa: N803
    ) -> Members:
        state = self._state("ListResourceServers", UserPoolId)
        entries = list(state.resource_servers.values())
        return self._page(f"ListResourceServers {UserPoolId}", "ResourceServers", entries, NextToken)

    def _create_user_pool_domain(self, Domain: str, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        operation = "CreateUserPoolDomain"
        state = self._state(operation, UserPoolId)
        is_own = bool((members.get("CustomDomainConfig") or {}).get("CertificateArn"))
        member = "CustomDomain" if is_own else "Domain"
        if Domain in self.domains or Domain in self.taken or member in state.description:
            self.refuse(operation, "InvalidParameterException", f"{Domain} is taken, or the pool has one")
        if not is_own and "." in Domain:
            self.refuse(operation, "InvalidParameterException", "a prefix has no dots")
        state.description[member] = Domain
        self.domains[Domain] = {
            "UserPoolId": UserPoolId,
            "AWSAccountId": ACCOUNT,
            "Domain": Domain,
            "CloudFrontDistribution": f"d{len(self.domains)}.cloudfront.net",
            "Version": "1",
            "Status": "ACTIVE",
            "CustomDomainConfig": {},
            "ManagedLoginVersion": 1,
            **members,
        }
        self._done(operation)
        return {}

    def _update_user_pool_domain(self, Domain: str, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        if self.domains.get(Domain, {}).get("UserPoolId") != UserPoolId:
            self.refuse("UpdateUserPoolDomain", "ResourceNotFoundException")
        self.domains[Domain].update(members)
        self._done("UpdateUserPoolDomain")
        return {}

    def _describe_user_pool_domain(self, Domain: str) -> Members:  # noqa: N803
        return {"DomainDescription": self.domains.get(Domain, {})}

    # Looks, terms, risk, logs.

    def _get_ui_customization(self, UserPoolId: str, ClientId: str = "ALL") -> Members:  # noqa: N803
        state = self._state("GetUICustomization", UserPoolId)
        if ClientId != "ALL":
            self._client("GetUICustomization", UserPoolId, ClientId)
        # A client without its own is told that of all clients [API GetUICustomization].
        told = state.ui.get(ClientId) or state.ui.get("ALL") or {"ClientId": "ALL"}
        return {"UICustomization": {"UserPoolId": UserPoolId, **told}}

    def _set_ui_customization(
        self,
        UserPoolId: str,  # noqa: N803
        ClientId: str = "ALL",  # noqa: N803
        CSS: str | None = None,  # noqa: N803
        ImageFile: str | None = None,  # noqa: N803
    ) -> Members:
        state = self._state("SetUICustomization", UserPoolId)
        if not {"Domain", "CustomDomain"} & state.description.keys():
            self.refuse("SetUICustomization", "InvalidParameterException", "needs a domain")
        content = base64.b64decode(ImageFile, validate=True) if ImageFile else None
        if content and len(content) > 131_072:
            self.refuse("SetUICustomization", "InvalidParameterException", "the image is too large")
        self._keep_ui(UserPoolId, ClientId, CSS, content)
        self._done("SetUICustomization")
        return {"UICustomization": state.ui[ClientId]}

    def _keep_ui(self, pool_id: str, client_id: str, css: str | None, content: bytes | None) -> None:
        told: Members = {"ClientId": client_id, "CSSVersion": "1", **self._dates()}
        if css:
            told["CSS"] = css
        if content:
            told["ImageUrl"] = f"https://{self.region}.example.net/{pool_id}/{client_id}/image.png"
            self.web.files[told["ImageUrl"]] = content
        self.pools[pool_id].ui[client_id] = told

    def _describe_managed_login_branding_by_client(
        self,
        UserPoolId: str,  # noqa: N803
        ClientId: str,  # noqa: N803
        ReturnMergedResources: bool = False,  # noqa: N803
    ) -> Members:
        state = self._state("DescribeManagedLoginBrandingByClient", UserPoolId)
        if ClientId not in state.branding:
            self.refuse("DescribeManagedLoginBrandingByClient", "ResourceNotFoundException")
        return {"ManagedLoginBranding": state.branding[ClientId]}

    def _create_managed_login_branding(self, UserPoolId: str, ClientId: str, **members: Any) -> Members:  # noqa: N803
        operation = "CreateManagedLoginBranding"
        state = self._state(operation, UserPoolId)
        self._client(operation, UserPoolId, ClientId)
        self._check_branding(operation, members)
        if ClientId in state.branding:
            self.refuse(operation, "ManagedLoginBrandingExistsException")
        style = {"ManagedLoginBrandingId": self._uuid(), "UserPoolId": UserPoolId, **members, **self._dates()}
        state.branding[ClientId] = style
        self._done(operation)
        return {"ManagedLoginBranding": style}

    def _update_managed_login_branding(
        self,
        UserPoolId: str,  # noqa: N803
        ManagedLoginBrandingId: str,  # noqa: N803
        **members: Any,
    ) -> Members:
        operation = "UpdateManagedLoginBranding"
        state = self._state(operation, UserPoolId)
        self._check_branding(operation, members)
        ids = {style["ManagedLoginBrandingId"]: client_id for client_id, style in state.branding.items()}
        if ManagedLoginBrandingId not in ids:
            self.refuse(operation, "ResourceNotFoundException")
        client_id = ids[ManagedLoginBrandingId]
        kept = {name: state.branding[client_id][name] for name in ("ManagedLoginBrandingId", "UserPoolId")}
        state.branding[client_id] = {**kept, **members, **self._dates()}
        self._done(operation)
        return {"ManagedLoginBranding": state.branding[client_id]}

    def _check_branding(self, operation: str, members: Members) -> None:
        own = bool(members.get("Settings") or members.get("Assets"))
        if own == bool(members.get("UseCognitoProvidedValues")):
            self.refuse(operation, "InvalidParameterException", "a style of its own, or Cognito's")

    def _list_terms(
        self,
        UserPoolId: str,  # noqa: N803
        MaxResults: int = 60,  # noqa: N803
        NextToken: str | None = None,  # noqa: N803
    ) -> Members:
        state = self._state("ListTerms", UserPoolId)
        entries = [{"TermsId": one["TermsId"], "TermsName": one["TermsName"]} for one in state.terms.values()]
        return self._page(f"ListTerms {UserPoolId}", "Terms", entries, NextToken)

    def _describe_terms(self, TermsId: str, UserPoolId: str) -> Members:  # noqa: N803
        state = self._state("DescribeTerms", UserPoolId)
        if TermsId not in state.terms:
            self.refuse("DescribeTerms", "ResourceNotFoundException")
        return {"Terms": state.terms[TermsId]}

    def _create_terms(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        operation = "CreateTerms"
        state = self._state(operation, UserPoolId)
        self._client(operation, UserPoolId, members["ClientId"])
        if members["TermsName"] not in ("terms-of-use", "privacy-policy"):
            self.refuse(operation, "InvalidParameterException", members["TermsName"])
        if "cognito:default" not in (members.get("Links") or {}):
            self.refuse(operation, "InvalidParameterException", "no default link")
        for one in state.terms.values():
            if (one["ClientId"], one["TermsName"]) == (members["ClientId"], members["TermsName"]):
                self.refuse(operation, "TermsExistsException")
        terms = {"TermsId": self._uuid(), "UserPoolId": UserPoolId, **members, **self._dates()}
        state.terms[terms["TermsId"]] = terms
        self._done(operation)
        return {"Terms": terms}

    def _update_terms(self, TermsId: str, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        state = self._state("UpdateTerms", UserPoolId)
        if TermsId not in state.terms:
            self.refuse("UpdateTerms", "ResourceNotFoundException")
        state.terms[TermsId].update(members)
        self._done("UpdateTerms")
        return {"Terms": state.terms[TermsId]}

    def _describe_risk_configuration(self, UserPoolId: str, ClientId: str = "") -> Members:  # noqa: N803
        state = self._state("DescribeRiskConfiguration", UserPoolId)
        self._require_threat_protection("DescribeRiskConfiguration", state)
        told = state.risk.get(ClientId) or state.risk.get("") or {}
        return {"RiskConfiguration": {"UserPoolId": UserPoolId, **told}}

    def _set_risk_configuration(self, UserPoolId: str, ClientId: str = "", **members: Any) -> Members:  # noqa: N803
        state = self._state("SetRiskConfiguration", UserPoolId)
        self._require_threat_protection("SetRiskConfiguration", state)
        if ClientId:
            self._client("SetRiskConfiguration", UserPoolId, ClientId)
        own = {"ClientId": ClientId} if ClientId else {}
        state.risk[ClientId] = {**own, **members, "LastModifiedDate": self._now()}
        self._done("SetRiskConfiguration")
        return {"RiskConfiguration": {"UserPoolId": UserPoolId, **state.risk[ClientId]}}

    def _require_threat_protection(self, operation: str, state: PoolState) -> None:
        if (state.description.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode", "OFF") == "OFF":
            self.refuse(operation, "UserPoolAddOnNotEnabledException")

    def _get_user_pool_session_configuration(self, UserPoolId: str) -> Members:  # noqa: N803
        state = self._state("GetUserPoolSessionConfiguration", UserPoolId)
        usual = {"UserSessionTracking": "DISABLED", "TokenSession": {"MaxPerUser": 20}}
        return {"UserPoolId": UserPoolId, **state.sessions.get("", usual)}

    def _set_user_pool_session_configuration(self, UserPoolId: str, **members: Any) -> Members:  # noqa: N803
        state = self._state("SetUserPoolSessionConfiguration", UserPoolId)
        if state.description.get("UserPoolTier") == "LITE":
            self.refuse("SetUserPoolSessionConfiguration", "FeatureUnavailableInTierException")
        assert members.keys() == {"UserSessionTracking", "TokenSession"}, "every request parameter is required"
        state.sessions[""] = members
        self._done("SetUserPoolSessionConfiguration")
        return {"UserPoolId": UserPoolId, **members}

    def _get_user_pool_client_session_configuration(self, UserPoolId: str, ClientId: str) -> Members:  # noqa: N803
        state = self._state("GetUserPoolClientSessionConfiguration", UserPoolId)
        if ClientId not in state.clients:
            self.refuse("GetUserPoolClientSessionConfiguration", "ResourceNotFoundException")
        own = state.sessions.get(ClientId, {"SSOSession": {"MaxValidityMinutes": 60}})
        return {"UserPoolId": UserPoolId, "ClientId": ClientId, **own}

    def _set_user_pool_client_session_configuration(
        self,
        UserPoolId: str,  # noqa: N803
        ClientId: str,  # noqa: N803
        SSOSession: Members,  # noqa: N803
    ) -> Members:
        state = self._state("SetUserPoolClientSessionConfiguration", UserPoolId)
        if state.sessions.get("", {}).get("UserSessionTracking") != "ENABLED":
            self.refuse("SetUserPoolClientSessionConfiguration", "OperationNotEnabledException")
        state.sessions[ClientId] = {"SSOSession": SSOSession}
        self._done("SetUserPoolClientSessionConfiguration")
        return {"UserPoolId": UserPoolId, "ClientId": ClientId, "SSOSession": SSOSession}

    def _get_log_delivery_configuration(self, UserPoolId: str) -> Members:  # noqa: N803
        state = self._state("GetLogDeliveryConfiguration", UserPoolId)
        return {"LogDeliveryConfiguration": {"UserPoolId": UserPoolId, "LogConfigurations": state.log_delivery}}

    def _set_log_delivery_configuration(self, UserPoolId: str, LogConfigurations: list[Members]) -> Members:  # noqa: N803
        state = self._state("SetLogDeliveryConfiguration", UserPoolId)
        is_plus = state.description.get("UserPoolTier") == "PLUS"
        if any(one["EventSource"] == "userAuthEvents" for one in LogConfigurations) and not is_plus:
            self.refuse("SetLogDeliveryConfiguration", "FeatureUnavailableInTierException")
        state.log_delivery = LogConfigurations
        self._done("SetLogDeliveryConfiguration")
        return {"LogDeliveryConfiguration": {"UserPoolId": UserPoolId, "LogConfigurations": LogConfigurations}}

    def _dates(self) -> Members:
        return {"CreationDate": self._now(), "LastModifiedDate": self._now()}


class _UsersOf(FakeUserPool):
    """The users of a pool of FakeCognito: what the pool is, its description says."""

    def __init__(self, cognito: FakeCognito, state: PoolState) -> None:
        super().__init__(state.description["Id"], clock=cognito.clock)
        self._cognito, self._state = cognito, state
        #: Whether the pool had triggers at each call that would have run them.
        self.triggered: list[str] = []

    def _described(self) -> dict[str, Any]:
        told = copy.deepcopy(self._state.description)
        if self._state.users is not None:
            told["EstimatedNumberOfUsers"] = len(self.accounts)
        return told

    def _mfa_config(self) -> Mapping[str, Any]:
        return self._state.mfa

    def _providers(self) -> Mapping[str, str]:
        return {name: provider["ProviderType"] for name, provider in self._state.providers.items()}

    def _leave(self, operation: str) -> None:
        self._cognito.history.append(operation)
        if self._state.description.get("LambdaConfig") and operation == "AdminCreateUser":
            self.triggered.append(operation)
        super()._leave(operation)


def _state_of(pool: FakeUserPool) -> PoolState:
    """What of a pool's configuration a FakeUserPool was made with."""
    providers = {
        name: {
            "UserPoolId": pool.user_pool_id,
            "ProviderName": name,
            "ProviderType": kind,
            "ProviderDetails": {detail: f"{detail} of {name}" for detail in sorted(NEEDED_DETAILS[kind])},
            "AttributeMapping": {"email": "email"},
        }
        for name, kind in pool._providers().items()
    }
    return PoolState(pool._described(), mfa=dict(pool._mfa_config()), providers=providers)


def _standard_schema() -> dict[str, Members]:
    """The attributes that every pool has, as DescribeUserPool tells them."""

    def text(name: str) -> Members:
        lengths = {"birthdate": ("10", "10"), "sub": ("1", "2048")}.get(name, ("0", "2048"))
        return {"StringAttributeConstraints": dict(zip(("MinLength", "MaxLength"), lengths, strict=True))}

    schema = {}
    for name, kind in {"sub": "String", **STANDARD}.items():
        constraints = text(name) if kind == "String" else {}
        if name == "updated_at":
            constraints = {"NumberAttributeConstraints": {"MinValue": "0"}}
        schema[name] = {
            "Name": name,
            "AttributeDataType": kind,
            "DeveloperOnlyAttribute": False,
            "Mutable": name != "sub",
            "Required": name == "sub",
            **constraints,
        }
    identities = {**schema["name"], "Name": "identities", "StringAttributeConstraints": {}}
    return {**schema, "identities": identities}


def _client_defaults() -> Members:
    return {"RefreshTokenValidity": 30, "EnableTokenRevocation": True, "AuthSessionValidity": 3}


def _told_provider(provider: Members) -> Members:
    """What DescribeIdentityProvider adds and leaves out."""
    details = dict(provider["ProviderDetails"])
    details.pop("private_key", None)
    if provider["ProviderType"] == "SAML":
        details.setdefault("SSORedirectBindingURI", "https://provider.example.com/sso")
    if provider["ProviderType"] == "OIDC":
        details.setdefault("attributes_url_add_attributes", "false")
    return {**provider, "ProviderDetails": details}


def _factors(state: PoolState) -> list[str]:
    """The second factors that a pool has."""
    found = [name for name in ("EmailMfaConfiguration", "SmsMfaConfiguration") if state.mfa.get(name)]
    if (state.mfa.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"):
        found.append("SoftwareTokenMfaConfiguration")
    if (state.mfa.get("WebAuthnConfiguration") or {}).get(
        "FactorConfiguration"
    ) == "MULTI_FACTOR_WITH_USER_VERIFICATION":
        found.append("WebAuthnConfiguration")
    return found


class FakeWaf(FakeService):
    """AWS WAF in one Region: which web ACL protects what. `acls` are those that exist."""

    service_name = "wafv2"

    def __init__(self, region: str = "us-east-1", *, acls: frozenset[str] = frozenset(), **options: Any) -> None:
        super().__init__(region, **options)
        self.acls = acls
        self.associations: dict[str, str] = {}

    def _get_web_acl_for_resource(self, ResourceArn: str) -> Members:  # noqa: N803
        acl = self.associations.get(ResourceArn)
        return {"WebACL": {"ARN": acl, "Name": "acl"}} if acl else {}

    def _associate_web_acl(self, WebACLArn: str, ResourceArn: str) -> Members:  # noqa: N803
        if WebACLArn not in self.acls:
            self.refuse("AssociateWebACL", "WAFNonexistentItemException")
        self.associations[ResourceArn] = WebACLArn
        return {}


@dataclass
class FakeWeb:
    """The Web port: what lies behind which address, and who takes what is put to which.

    `before` is run with "PUT" and "after PUT", and may raise.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    puts: dict[str, Callable[[bytes, Mapping[str, str]], None]] = field(default_factory=dict)
    uploaded: list[bytes] = field(default_factory=list)
    before: Callable[[str], None] = nothing_happens

    def fetch(self, url: str, max_bytes: int) -> bytes:
        self.fetched.append(url)
        if url not in self.files:
            raise ServiceUnavailable("GET: no answer (HTTPError).")
        if len(self.files[url]) > max_bytes:
            raise Rejected("GET", "TooLarge")
        return self.files[url]

    def upload(self, url: str, content: bytes, headers: Mapping[str, str]) -> None:
        self.before("PUT")
        if url not in self.puts:
            raise Rejected("PUT", "HTTP 403")
        self.puts[url](content, headers)
        self.uploaded.append(content)
        self.before("after PUT")


def throttled_once(operation: str) -> Callable[[str], None]:
    """A `before` that throttles the first call of an operation."""
    heard: list[str] = []

    def before(called: str) -> None:
        if called == operation and not heard:
            heard.append(called)
            raise Throttled(f"{called}: TooManyRequestsException.")

    return before


def refused(codes: Mapping[str, str]) -> Callable[[str], None]:
    """A `before` that refuses operations with codes: `{"DescribeTerms": "NotFound..."}`."""

    def before(called: str) -> None:
        if called in codes:
            raise translate(called, codes[called], 400)

    return before
