"""Addresses of signing in and of one's own account."""

from django.urls import path

from .views import door, own, tokens

app_name = "accounts"

urlpatterns = [
    path("login/", door.sign_in, name="login"),
    path("login/second/", door.second, name="second"),
    path("login/enrol/", door.enrol, name="enrol"),
    path("confirm/", door.confirm, name="confirm"),
    path("logout/", door.sign_out, name="logout"),
    path("language/", door.language, name="language"),
    path("profile/", own.profile, name="profile"),
    path("password/", own.password, name="password"),
    path("security/", own.security, name="security"),
    path("security/app/", own.add_app, name="add-app"),
    path("security/app/remove/", own.remove_app, name="remove-app"),
    path("security/passkeys/", own.add_passkey, name="add-passkey"),
    path("security/passkeys/<int:pk>/remove/", own.remove_passkey, name="remove-passkey"),
    path("security/codes/", own.new_codes, name="new-codes"),
    path("security/sessions/end/", own.end_sessions, name="end-sessions"),
    path("security/sessions/<slug:key>/end/", own.end_session, name="end-session"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke_token, name="revoke-token"),
]
