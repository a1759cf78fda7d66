"""Terms documents: links to terms of use and to a privacy policy, for one app client each.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateTerms.html (also
Describe..., List..., Update... and Delete...): "Terms document names must be unique to the app client". Forty a pool:
https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html.

Assumed: a Lite pool, which has no managed login, refuses new ones with OperationNotEnabledException; a page holds 60
unless told otherwise, oldest first; a document ends with its app client; no link in particular is required.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json, Refused, answering, kept, new_id, now, page, tier_of

DOCUMENTS_PER_POOL = 40
PAGE = 60
CHANGEABLE = ("TermsName", "TermsSource", "Enforcement", "Links")
LISTED = ("TermsId", "TermsName", "Enforcement", "CreationDate", "LastModifiedDate")


def _create(pool: Json, members: Mapping[str, Any]) -> Json:
    if tier_of(pool) == "LITE":
        raise Refused("OperationNotEnabledException", "Managed login is not available in the LITE tier.")
    documents = _documents(pool)
    _check_name(documents, members["ClientId"], members["TermsName"])
    if len(documents) >= DOCUMENTS_PER_POOL:
        raise Refused("LimitExceededException", f"A user pool has at most {DOCUMENTS_PER_POOL} terms documents.")
    given = {name: members[name] for name in ("ClientId", *CHANGEABLE) if name in members}
    at = now()
    identity = new_id()
    documents[identity] = {
        "TermsId": identity,
        "UserPoolId": pool["Id"],
        "Links": {},
        **given,
        "CreationDate": at,
        "LastModifiedDate": at,
    }
    return {"Terms": documents[identity]}


def _describe(pool: Json, members: Mapping[str, Any]) -> Json:
    return {"Terms": _document(pool, members)}


def _describe_by_client(pool: Json, members: Mapping[str, Any]) -> Json:
    for document in _documents(pool).values():
        if (document["ClientId"], document["TermsName"]) == (members["ClientId"], members["TermsName"]):
            return {"Terms": document}
    raise Refused("ResourceNotFoundException", f"The app client has no {members['TermsName']}.")


def _list(pool: Json, members: Mapping[str, Any]) -> Json:
    entries = [{name: document[name] for name in LISTED} for document in _documents(pool).values()]
    shown, token = page(entries, members.get("MaxResults") or PAGE, members.get("NextToken"))
    return {"Terms": shown, **({"NextToken": token} if token else {})}


def _update(pool: Json, members: Mapping[str, Any]) -> Json:
    document = _document(pool, members)
    if members.get("TermsName", document["TermsName"]) != document["TermsName"]:
        _check_name(_documents(pool), document["ClientId"], members["TermsName"])
    document.update({name: members[name] for name in CHANGEABLE if members.get(name) is not None})
    document["LastModifiedDate"] = now()
    return {"Terms": document}


def _delete(pool: Json, members: Mapping[str, Any]) -> Json:
    del _documents(pool)[_document(pool, members)["TermsId"]]
    return {}


def _documents(pool: Json) -> Json:
    documents = kept(pool, "terms")
    for document in [document for document in documents.values() if document["ClientId"] not in pool["_clients"]]:
        del documents[document["TermsId"]]
    return documents


def _document(pool: Json, members: Mapping[str, Any]) -> Json:
    try:
        document: Json = _documents(pool)[members["TermsId"]]
    except KeyError:
        raise Refused("ResourceNotFoundException", f"Terms {members['TermsId']} do not exist.") from None
    return document


def _check_name(documents: Json, client: str, name: str) -> None:
    if any((document["ClientId"], document["TermsName"]) == (client, name) for document in documents.values()):
        raise Refused("TermsExistsException", f"The app client already has {name}.")


terms = answering(
    {
        "CreateTerms": _create,
        "DescribeTerms": _describe,
        "DescribeTermsByClient": _describe_by_client,
        "ListTerms": _list,
        "UpdateTerms": _update,
        "DeleteTerms": _delete,
    }
)
