"""The embedded cloud as one ASGI application: the emulator, what surrounds its Cognito, and the controls.

Import it only in a process whose environment is set (`serve.py`): the emulator reads its settings when it is imported.
"""

from __future__ import annotations

import os

from ministack import app as emulator

from . import alarms
from .addresses import addresses
from .aliases import aliases
from .attribute_updates import attribute_updates
from .auth_factors import auth_factors, put_factors
from .branding import branding
from .buckets import mend_buckets
from .calls import Calls
from .client_secrets import chosen_secret, client_secrets, make_secrets_like_cognito, second_secret
from .client_settings import client_settings
from .cloudformation import mend_cloudformation
from .concern import Concern, surround
from .constraints import constraints
from .controls import App, with_controls
from .devices import devices, put_devices
from .embedded_metrics import extract_embedded_metrics
from .faults import Faults
from .federated_sign_in import FederatedSignIn
from .function_process import make_functions_like_lambda
from .group_defaults import group_defaults
from .group_quota import group_quota
from .group_update import group_update
from .held_sign_ins import HeldSignIns
from .import_jobs import Imports
from .import_upload import with_uploads
from .imported_sign_in import imported_sign_in
from .inbox import Inbox
from .invitations import Invitations
from .limited_pages import LimitedPages
from .limits import Limits
from .links import links
from .log_delivery import log_delivery
from .messages import Messages
from .mfa_challenges import MfaChallenges
from .mfa_config import mfa_config
from .mfa_preference import mfa_preference
from .mfa_setup import MfaSetup
from .new_password import NewPassword
from .password_reset import password_reset
from .passwordless import passwordless
from .permissions import see_resources_in_bodies
from .pool_deletion import pool_deletion
from .pool_settings import pool_settings
from .recovery_channels import recovery_channels
from .replicas import replicas
from .required_attributes import required_attributes
from .reset_codes import send_reset_codes_by_channel
from .resource_servers import resource_servers
from .risk import risk
from .s3_conditions import see_conditions
from .s3_requests import S3Requests
from .schedules import tell_schedules_context
from .schema_checks import schema_checks
from .schema_names import schema_names
from .seed import put_users
from .service_metrics import send_execution_metrics
from .sessions import sessions
from .sign_in_names import sign_in_names
from .signing_certificate import signing_certificate
from .sse_kms import needing_keys
from .state_machine_events import put_events_as_the_role
from .stopped_executions import stop_in_maps
from .subs import subs
from .synthetic_pools import SyntheticPools
from .temporary_passwords import temporary_passwords
from .terms import terms
from .token_trigger import TokenTrigger, leave_tokens_alone
from .topic_publishers import ask_topics
from .transport import as_if_over_tls
from .trigger_settings import trigger_settings
from .triggers import Triggers
from .ui_images import ui_images, with_images
from .unset_passwords import unset_passwords
from .user_migration import UserMigration
from .usernames import usernames
from .web_acl import web_acls_of_pools

COGNITO, WAF, S3 = "cognito-idp", "wafv2", "s3"


def application() -> App:
    """Assembles the layer. Once per process: it takes its place inside the emulator."""
    calls, messages, faults, imports = Calls(), Messages(), Faults(), Imports()
    inbox, sign_ins, triggers = Inbox(messages.note), HeldSignIns(), Triggers()
    tokens = TokenTrigger(triggers)
    concerns: list[Concern] = [  # outermost first
        constraints,
        imports,
        UserMigration(triggers),
        usernames,
        sign_in_names,
        subs,
        schema_checks,
        addresses,
        aliases,
        required_attributes,
        attribute_updates,
        Invitations(inbox),
        passwordless,
        links,
        group_quota,
        group_defaults,
        group_update,
        password_reset,
        recovery_channels,
        tokens,
        MfaChallenges(sign_ins, inbox),
        MfaSetup(sign_ins),
        NewPassword(sign_ins),
        temporary_passwords,
        unset_passwords,
        imported_sign_in,
        mfa_preference,
        auth_factors,
        devices,
        trigger_settings,
        pool_settings,
        pool_deletion,
        mfa_config,
        schema_names,
        resource_servers,
        client_settings,
        chosen_secret,
        second_secret,
        ui_images,
        branding,
        terms,
        log_delivery,
        sessions,
        risk,
        client_secrets,
        replicas,
        signing_certificate,
        messages,
    ]
    limits = Limits()
    synthetic_pools = SyntheticPools(limits, surround(emulator.SERVICE_HANDLERS[COGNITO], concerns))
    concerns = [calls, limits, LimitedPages(limits, synthetic_pools.holds), faults, synthetic_pools, *concerns]
    emulator.SERVICE_HANDLERS[COGNITO] = surround(emulator.SERVICE_HANDLERS[COGNITO], concerns)
    emulator.SERVICE_HANDLERS[WAF] = web_acls_of_pools(emulator.SERVICE_HANDLERS[WAF])
    s3_requests = S3Requests()
    emulator.SERVICE_HANDLERS[S3] = s3_requests.counting(needing_keys(emulator.SERVICE_HANDLERS[S3]))
    messages.watch_deliveries()
    send_reset_codes_by_channel(inbox)
    leave_tokens_alone()
    make_secrets_like_cognito()
    make_functions_like_lambda()
    extract_embedded_metrics()
    send_execution_metrics()
    alarms.make_alarms_like_cloudwatch()
    ask_topics()
    mend_cloudformation()
    mend_buckets()
    tell_schedules_context()
    see_resources_in_bodies()
    see_conditions()
    put_events_as_the_role()
    stop_in_maps()
    controls = {
        "calls": calls.control,
        "s3-requests": s3_requests.control,
        "messages": messages.control,
        "inbox": inbox.control,
        "faults": faults.control,
        "limits": limits.control,
        "synthetic-pools": synthetic_pools.control,
        "alarms": alarms.control,
        "users": put_users,
        "import": imports.control,
        "devices": put_devices,
        "factors": put_factors,
        "federated-sign-in": FederatedSignIn(triggers, tokens).control,
        "triggers": triggers.control,
        "trigger-limit": triggers.limit,
        "server": lambda _method, _body: {"pid": os.getpid()},
    }
    return with_uploads(with_images(with_controls(as_if_over_tls(emulator.app), controls)), imports)
