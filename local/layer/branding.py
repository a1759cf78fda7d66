"""Managed login branding styles.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateManagedLoginBranding.html
(also Describe..., Describe...ByClient, Update... and Delete...), and of the feature plans
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html: in Lite "the classic
hosted UI is your only option". Twenty styles a pool:
https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html.

Assumed: a Lite pool refuses a new style with OperationNotEnabledException (of the listed errors the only one that
fits); an empty request is refused; an update merges objects by their keys and images by category and colour mode, for
"Amazon Cognito preserves existing style settings that you don't specify"; UseCognitoProvidedValues takes the
customization away; the defaults that `ReturnMergedResources` adds are a token few of ours; a style ends with its app
client.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .operations import Json, Refused, answering, kept, new_id, now, tier_of

STYLES_PER_POOL = 20
#: A stand-in for Cognito's own: some settings, so that merged and unmerged answers differ.
PROVIDED_SETTINGS = {
    "categories": {"form": {"displayGraphics": True, "location": {"horizontal": "CENTER", "vertical": "CENTER"}}},
    "componentClasses": {"buttons": {"borderRadius": 8.0}},
}
PROVIDED_ASSETS = [
    {"Category": "FORM_BACKGROUND", "ColorMode": "LIGHT", "Extension": "SVG", "Bytes": "PHN2Zy8+"},
]


def _create(pool: Json, members: Mapping[str, Any]) -> Json:
    _check_values(members)
    if tier_of(pool) == "LITE":
        raise Refused("OperationNotEnabledException", "Managed login is not available in the LITE tier.")
    styles = _styles(pool)
    if any(style["ClientId"] == members["ClientId"] for style in styles.values()):
        raise Refused("ManagedLoginBrandingExistsException", "The app client already has a managed login style.")
    if len(styles) >= STYLES_PER_POOL:
        raise Refused("LimitExceededException", f"A user pool has at most {STYLES_PER_POOL} managed login styles.")
    style: Json = {"ManagedLoginBrandingId": new_id(), "ClientId": members["ClientId"], "CreationDate": now()}
    styles[style["ManagedLoginBrandingId"]] = style
    return _changed(pool, style, members)


def _update(pool: Json, members: Mapping[str, Any]) -> Json:
    style = _style(pool, members.get("ManagedLoginBrandingId"))
    _check_values(members)
    return _changed(pool, style, members)


def _describe(pool: Json, members: Mapping[str, Any]) -> Json:
    return _answer(pool, _style(pool, members["ManagedLoginBrandingId"]), members)


def _describe_by_client(pool: Json, members: Mapping[str, Any]) -> Json:
    for style in _styles(pool).values():
        if style["ClientId"] == members["ClientId"]:
            return _answer(pool, style, members)
    raise Refused("ResourceNotFoundException", "The app client has no managed login style.")


def _delete(pool: Json, members: Mapping[str, Any]) -> Json:
    del _styles(pool)[_style(pool, members["ManagedLoginBrandingId"])["ManagedLoginBrandingId"]]
    return {}


def _styles(pool: Json) -> Json:
    styles = kept(pool, "brandings")
    for style in [style for style in styles.values() if style["ClientId"] not in pool["_clients"]]:
        del styles[style["ManagedLoginBrandingId"]]
    return styles


def _style(pool: Json, identity: str | None) -> Json:
    try:
        style: Json = _styles(pool)[identity or ""]
    except KeyError:
        raise Refused("ResourceNotFoundException", f"Managed login style {identity} does not exist.") from None
    return style


def _check_values(members: Mapping[str, Any]) -> None:
    own = members.get("Settings") is not None or bool(members.get("Assets"))
    if members.get("UseCognitoProvidedValues") and own:
        raise Refused("InvalidParameterException", "UseCognitoProvidedValues excludes Settings and Assets.")
    if not members.get("UseCognitoProvidedValues") and not own:
        raise Refused("InvalidParameterException", "One of UseCognitoProvidedValues, Settings and Assets is needed.")


def _changed(pool: Json, style: Json, members: Mapping[str, Any]) -> Json:
    if members.get("UseCognitoProvidedValues"):
        style.pop("Settings", None)
        style.pop("Assets", None)
    if members.get("Settings") is not None:
        style["Settings"] = _merged(style.get("Settings"), members["Settings"])
    if members.get("Assets"):
        style["Assets"] = _merged_assets(style.get("Assets", ()), members["Assets"])
    style["UseCognitoProvidedValues"] = bool(members.get("UseCognitoProvidedValues"))
    style["LastModifiedDate"] = now()
    return _answer(pool, style, {})


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return copy.deepcopy(new)
    return {key: _merged(old.get(key), new[key]) if key in new else old[key] for key in {**old, **new}}


def _merged_assets(old: Any, new: Any) -> list[Json]:
    return list({(asset["Category"], asset["ColorMode"]): asset for asset in (*old, *new)}.values())


def _answer(pool: Json, style: Json, members: Mapping[str, Any]) -> Json:
    told = {name: value for name, value in style.items() if name != "ClientId"}
    if members.get("ReturnMergedResources"):
        told["Settings"] = _merged(PROVIDED_SETTINGS, style.get("Settings", {}))
        told["Assets"] = _merged_assets(PROVIDED_ASSETS, style.get("Assets", ()))
    return {"ManagedLoginBranding": {"UserPoolId": pool["Id"], **told}}


branding = answering(
    {
        "CreateManagedLoginBranding": _create,
        "DescribeManagedLoginBranding": _describe,
        "DescribeManagedLoginBrandingByClient": _describe_by_client,
        "UpdateManagedLoginBranding": _update,
        "DeleteManagedLoginBranding": _delete,
    }
)
